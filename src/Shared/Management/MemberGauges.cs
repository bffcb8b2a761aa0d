using System.Diagnostics.Metrics;
using Akka.Cluster;

namespace Pomegranate.Management;

/// <summary>
/// Counts the members as this node sees them. On a meter of its own with the common name: an observable instrument
/// lives as long as its meter, and these must not outlive their node.
/// </summary>
internal sealed class MemberGauges : IDisposable
{
    private static readonly MemberStatus[] s_statuses = Enum.GetValues<MemberStatus>();

    private readonly Meter _meter = new(PomegranateMeter.Name);
    private readonly ManagedNode _node;

    public MemberGauges(ManagedNode node)
    {
        _node = node;
        _meter.CreateObservableGauge("pomegranate.cluster.members", CountByStatus, "{member}", "Members as this node sees them, by status.");
        _meter.CreateObservableGauge("pomegranate.cluster.unreachable", CountUnreachable, "{member}", "Members this node sees as unreachable.");
    }

    public void Dispose() => _meter.Dispose();

    // Every status, also at zero: a series that vanishes looks the same as a node that is gone.
    private IEnumerable<Measurement<int>> CountByStatus() => State() is { } state
        ? s_statuses.Select(status => new Measurement<int>(
            state.Members.Count(member => member.Status == status),
            [new("status", MemberJson.Spell(status)), new("node", _node.Name)]))
        : [];

    private IEnumerable<Measurement<int>> CountUnreachable() => State() is { } state
        ? [new Measurement<int>(state.Unreachable.Count, new KeyValuePair<string, object?>("node", _node.Name))]
        : [];

    private ClusterEvent.CurrentClusterState? State() => _node.FindSystem() is { } system ? Cluster.Get(system).State : null;
}
