using Pomegranate.Backend.State;
using Pomegranate.Campaign.Histories;
using Pomegranate.Gateway;
using Pomegranate.Partitions;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Simulation.Cluster;

/// <summary>What processes say to each other. All of it may be lost, doubled and reordered.</summary>
internal static class Messages
{
    public sealed record GossipTo(Gossip Gossip);

    /// <summary>A process asks who would let it in: Akka's InitJoin.</summary>
    public sealed record MayJoin;

    public sealed record YouMayJoin;

    /// <summary>A process asks the first that would to let it in.</summary>
    public sealed record Join;

    public sealed record CensusOf(Census Census);

    /// <summary>You are no member any more.</summary>
    public sealed record YouAreRemoved;

    /// <summary>A tick of the process's own.</summary>
    public sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>The process's own liveness watch has proven a death.</summary>
    public sealed record DeathProven(int Process);

    /// <summary>Ends the process with exit code 75.</summary>
    public sealed record EndNow;

    // ---- replicas; View is 0 where the rules know none ----
    public sealed record Store(long Ticket, long View, SessionId Id, SessionEntry Entry);

    public sealed record Stored(long Ticket, long View);

    public sealed record Fetch(long Ticket, long View, SessionId Id);

    public sealed record Fetched(long Ticket, long View, SessionEntry? Entry);

    public sealed record CopyAsk(long View);

    public sealed record Copied(long View, SessionBucket Bucket);

    /// <summary>Background repair.</summary>
    public sealed record Repair(SessionBucket Bucket);

    // ---- shards: Akka's own, which remoting keeps in order and delivers once ----
    public interface IOrdered;

    public sealed record Register : IOrdered;

    public sealed record Registered : IOrdered;

    public sealed record GetHome(int Shard) : IOrdered;

    public sealed record HomeIs(int Shard, int Process) : IOrdered;

    public sealed record HostShard(int Shard) : IOrdered;

    public sealed record HandOff(int Shard) : IOrdered;

    public sealed record ShardStopped(int Shard) : IOrdered;

    public sealed record WantToLeave : IOrdered;

    public sealed record HasNoShards : IOrdered;

    public sealed record ReadState(long Ticket) : IOrdered;

    public sealed record StateRead(long Ticket, ShardState State) : IOrdered;

    public sealed record WriteState(long Ticket, ShardState State) : IOrdered;

    public sealed record StateWritten(long Ticket) : IOrdered;

    // ---- requests ----
    public sealed record Run(Request Request, bool IsFresh, bool IsInDoubt);

    public sealed record Find(Request Request);

    public sealed record Reply(RequestId Id, ReplyKind Kind, Observation? Seen, int Status, string? Reason);

    /// <summary>A request of a client's, as a frontend has taken it.</summary>
    public sealed record Request(RequestId Id, OperationKind Kind, int Session, long Number);

    /// <summary>Where shards have their homes; the later version holds.</summary>
    public sealed record ShardState(long Version, int[] Home, ulong Regions);
}
