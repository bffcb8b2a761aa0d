using System.Collections.Immutable;
using System.Xml.Linq;
using Akka.Actor;
using Akka.Cluster;
using Akka.DistributedData;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.DataProtection;

/// <summary>
/// ASP.NET Core's data protection keys, replicated through the cluster: what one backend encrypts (sign-in cookies,
/// antiforgery tokens, TempData) every other one of the same app can read, also after a failover. Thread-safe.
/// </summary>
/// <remarks>Keys are never removed, so a grow-only set holds them; each is an XML element of about 1 KB.</remarks>
/// <param name="replicator">Null for the actor system's.</param>
internal sealed class ClusterKeyRepository(IServiceProvider services, IActorRef? replicator = null) : IXmlRepository
{
    public static readonly GSetKey<string> Key = new("data-protection-keys");

    private static readonly TimeSpan ReplicaTimeout = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The replicator sends a write to each backend once; one that starts at the same time may lose it. All together last
    /// longer than a backend that hangs counts for the majority.
    /// </summary>
    private const int StoreAttempts = 10;

    private ImmutableHashSet<string> _keys = [];

    // Resolved late: ASP.NET Core builds its key ring before the options are validated, and whoever resolves the actor
    // system first lets it join.
    private ActorSystem System => services.GetNodeSystem();

    private IActorRef Replicator => replicator ?? DData.DistributedData.Get(System).Replicator;

    public IReadOnlyCollection<XElement> GetAllElements() => [.. Volatile.Read(ref _keys).Select(XElement.Parse)];

    /// <summary>Returns when a majority of the backends has the key; only then may anything be encrypted with it.</summary>
    /// <exception cref="InvalidOperationException">It has not within 20 s.</exception>
    public void StoreElement(XElement element, string friendlyName)
    {
        var xml = element.ToString(SaveOptions.DisableFormatting);
        for (var attempt = 1; ; attempt++)
        {
            // The interface is synchronous. It is called once in about 90 days, by one thread.
            var response = Replicator.Ask<IUpdateResponse>(
                Dsl.Update(Key, GSet<string>.Empty, new WriteMajority(ReplicaTimeout), keys => keys.Add(xml)), ReplicaTimeout * 2).GetAwaiter().GetResult();
            if (response.IsSuccessful)
            {
                break;
            }

            if (response is not UpdateTimeout || attempt == StoreAttempts)
            {
                throw new InvalidOperationException(
                    $"Data protection key '{friendlyName}' could not be stored on a majority of the backends ({response}, attempt {attempt} of {StoreAttempts}). "
                    + "Check 'pbm cluster show' for backends that hang or cannot be reached.");
            }
        }

        Note([xml]);
    }

    /// <summary>
    /// Fetches the cluster's keys and keeps up with new ones. Where there is none yet the oldest backend makes the
    /// first one with <paramref name="createFirst"/>, and the others wait for it: two would sign each other's users out.
    /// </summary>
    public async Task StartAsync(Action createFirst, CancellationToken cancellation)
    {
        var listener = System.ActorOf(Props.Create(() => new Listener(this, Replicator)), "data-protection-keys");
        _ = listener;
        using var retry = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        do
        {
            var response = await Replicator.Ask<IGetResponse>(Dsl.Get(Key, new ReadMajority(ReplicaTimeout)), ReplicaTimeout * 2, cancellation);
            if (response.IsSuccessful)
            {
                Note(response.Get(Key).Elements);
            }

            if (!_keys.IsEmpty)
            {
                return;
            }

            if (response.IsFound is false && response is not GetFailure && IsOldestBackend())
            {
                createFirst();
                return;
            }
        }
        while (await retry.WaitForNextTickAsync(cancellation));
    }

    private void Note(IEnumerable<string> keys) => ImmutableInterlocked.Update(ref _keys, (known, more) => known.Union(more), keys);

    private bool IsOldestBackend()
    {
        var role = AppName.RoleOf(services.GetRequiredService<IOptions<NodeOptions>>().Value.App);
        var cluster = Akka.Cluster.Cluster.Get(System);
        return cluster.State.Members.Where(m => m.HasRole(role) && m.Status is MemberStatus.Up or MemberStatus.Leaving)
            .OrderBy(m => m, Member.AgeOrdering).FirstOrDefault()?.UniqueAddress.Equals(cluster.SelfUniqueAddress) ?? false;
    }

    /// <summary>Hears of keys that other backends make.</summary>
    private sealed class Listener : ReceiveActor
    {
        public Listener(ClusterKeyRepository repository, IActorRef replicator)
        {
            Receive<Changed>(changed => repository.Note(changed.Get(Key).Elements));
            replicator.Tell(Dsl.Subscribe(Key, Self));
        }
    }
}
