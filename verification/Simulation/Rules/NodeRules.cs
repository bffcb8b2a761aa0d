using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;

namespace Pomegranate.Simulation.Rules;

/// <summary>A message between the rules of two nodes.</summary>
internal interface IRulesMessage;

/// <summary>Which rules all nodes of a schedule follow.</summary>
/// <param name="KnowsDisks">Whether they say what becomes of sessions on disk after a stop of all backends.</param>
internal sealed record RuleSet(string Name, Func<Process, NodeRules> Make, bool KnowsDisks)
{
    public static IReadOnlyList<RuleSet> All { get; } = [new("today", self => new TodayRules(self), false), new("views", self => new ViewedRules(self), false)];
}

/// <summary>
/// What the simulation is about, on one node: who may serve, commit, recover, and who is removed. Everything around it
/// (network, membership, replicas, homes, clients) is the same whatever the rules.
/// </summary>
internal abstract class NodeRules(Process self)
{
    protected Process Self { get; } = self;

    protected World World => Self.World;

    /// <summary>The number that words carry; 0 where the rules know none.</summary>
    public virtual long View => 0;

    /// <summary>Whether this backend's replica is whole, so that it takes shards.</summary>
    public abstract bool IsComplete { get; }

    /// <summary>Whether a home on this node may say what its sessions hold.</summary>
    public abstract bool MayAnswer { get; }

    /// <summary>Who is sent each write.</summary>
    public abstract ulong Receivers { get; }

    /// <summary>Who is asked when a session is recovered.</summary>
    public abstract ulong Voters { get; }

    /// <summary>How long a peer may be silent before it is suspected, µs of this node's clock.</summary>
    public abstract long PatienceWith(int peer);

    /// <summary>Whether a peer's store or fetch of that view is answered.</summary>
    public virtual bool Answers(int from, long view) => true;

    /// <summary>Whether a write of that view is merged.</summary>
    public virtual bool Takes(long view) => true;

    /// <summary>Whether a peer is given all that this backend holds: after it is sent every write.</summary>
    public virtual bool GivesCopy(int to, long view) => Receivers.Has(to) && (view == 0 || Answers(to, view));

    /// <summary>Whether a peer's answer of that view counts.</summary>
    public virtual bool Heeds(int from, long view) => true;

    /// <summary>Whether enough hold what was acknowledged before: then fewer answers are enough to read.</summary>
    public virtual bool IsSettled => true;

    public abstract bool IsCommitted(ulong acknowledged);

    public abstract bool IsRead(ulong answered, long waited);

    /// <summary>The cluster is there since long, with all its backends complete.</summary>
    public abstract void OnFormed();

    public abstract void OnTick();

    public abstract void OnMembers();

    public abstract void OnProven(Process dead);

    public abstract void OnMessage(Process from, object message);

    /// <summary>A copy of a peer's replica has been merged, that was given in this view.</summary>
    public abstract void OnCopied(int from, long view);

    /// <summary>Whether a backend without shards, that was told to stop, may leave the cluster.</summary>
    public virtual bool MayLeave() => true;

    /// <summary>It was told to stop, and has waited for as long as the shutdown allows.</summary>
    public virtual bool HasWaitedToLeave => false;
}
