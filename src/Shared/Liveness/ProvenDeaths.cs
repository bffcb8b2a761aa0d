using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Akka.Cluster;
using Akka.Event;

namespace Pomegranate.Liveness;

/// <summary>
/// The members of one actor system's cluster whose processes are proven dead and which are not yet removed.
/// Written by <see cref="LivenessActor"/>, read by <see cref="DeathAwareFailureDetector"/> on the cluster's own thread.
/// </summary>
/// <remarks>
/// Akka builds a failure detector from a configuration and an event stream and gives it nothing else, so a system's
/// set hangs on its event stream; weakly, since a process may run several systems one after another.
/// An address has one entry at most: a second incarnation cannot join before the first is removed.
/// </remarks>
internal sealed class ProvenDeaths
{
    private static readonly ConditionalWeakTable<EventStream, ProvenDeaths> PerSystem = [];

    private readonly ConcurrentDictionary<string, int> _incarnations = new(StringComparer.Ordinal);

    public static ProvenDeaths Of(EventStream eventStream) => PerSystem.GetValue(eventStream, static _ => new ProvenDeaths());

    public void Add(UniqueAddress node) => _incarnations[node.Address.ToString()] = node.Uid;

    /// <summary>Forgets this incarnation, and only this one: its successor's death may have been proven meanwhile.</summary>
    public void Remove(UniqueAddress node) =>
        _incarnations.TryRemove(new KeyValuePair<string, int>(node.Address.ToString(), node.Uid));

    /// <summary>Forgets the dead that are no longer members, where their removal went unseen.</summary>
    public void RetainAll(IEnumerable<UniqueAddress> members)
    {
        var retained = members.Select(member => new KeyValuePair<string, int>(member.Address.ToString(), member.Uid)).ToHashSet();
        foreach (var entry in _incarnations.Where(entry => !retained.Contains(entry)))
        {
            _incarnations.TryRemove(entry);
        }
    }

    /// <param name="address">An address as <c>Address.ToString()</c> writes it: all that a failure detector knows.</param>
    public bool Contains(string address) => _incarnations.ContainsKey(address);
}
