using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Backend.Durability;
using Pomegranate.Views;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Replication;

/// <summary>The other backends, and what each has said of its replica. <see cref="ReplicaSync"/>'s alone.</summary>
/// <param name="self">This node as a member; asked each time, since its age is known only once it is Up.</param>
internal sealed class SyncPeers(Func<Member> self)
{
    private readonly Dictionary<UniqueAddress, Peer> _peers = [];

    public int Count => _peers.Count;

    /// <summary>Somebody serves already.</summary>
    public bool AnyIn => _peers.Values.Any(peer => peer.IsIn);

    public IEnumerable<Peer> All => _peers.Values;

    /// <summary>The disks of the backends of a view, of those that have one.</summary>
    public IEnumerable<DurableReplica> DisksIn(View view) => _peers.Values
        .Where(peer => peer.Durable is not null && view.Includes(peer.Node))
        .Select(peer => new DurableReplica(peer.Durable!.Id, peer.HostPort));

    /// <summary>The disks of all that have answered.</summary>
    public IEnumerable<(string Address, DurableIdentity Disk)> AnsweredDisks => _peers.Values
        .Where(peer => peer is { HasAnswered: true, Durable: not null })
        .Select(peer => (peer.HostPort, peer.Durable!));

    /// <returns>Null where it was known already.</returns>
    public Peer? Add(Member member)
    {
        var peer = new Peer(member);
        return _peers.TryAdd(member.UniqueAddress, peer) ? peer : null;
    }

    /// <returns>Whether it was known.</returns>
    public bool Remove(Member member) => _peers.Remove(member.UniqueAddress);

    public Peer? Find(Address address) => _peers.Values.FirstOrDefault(peer => peer.Member.Address.Equals(address));

    /// <summary>
    /// Whom this node copies from before it is in a view, in whatever order: those who serve, and all who may hold what nobody
    /// else does.
    /// </summary>
    public IEnumerable<Peer> Sources => _peers.Values.Where(peer => peer.IsIn || peer.HoldsSessions || peer.Member.IsOlderThan(self()));

    public bool IsOldest(Peer candidate) => _peers.Values.Select(peer => peer.Member).Append(self())
        .All(other => other.Equals(candidate.Member) || candidate.Member.IsOlderThan(other));

    public IReadOnlyCollection<UniqueAddress> Addresses => _peers.Keys;

    /// <summary>Another backend.</summary>
    internal sealed class Peer(Member member)
    {
        public Member Member { get; } = member;

        public UniqueAddress Node => Member.UniqueAddress;

        public string HostPort => $"{Member.Address.Host}:{Member.Address.Port}";

        /// <summary>It has said that it sends us its writes.</summary>
        public bool HasAnswered { get; private set; }

        /// <summary>It is in a view, as it said itself: it serves.</summary>
        public bool IsIn { get; private set; }

        /// <summary>What its disk says of it; null where it has none, or has not answered.</summary>
        public DurableIdentity? Durable { get; private set; }

        /// <summary>Its disk was not new, so there may be changes on it that nobody else has.</summary>
        public bool HoldsSessions => Durable is { Roster.Count: > 0 };

        public void Said(Hello hello)
        {
            HasAnswered |= hello.IsReply;
            IsIn = hello.IsIn;
            Durable = hello.Durable;
        }
    }
}
