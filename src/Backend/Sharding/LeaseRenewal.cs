using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Backend.Replication;
using Pomegranate.Clustering;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Keeps this node's <see cref="HomeLease"/>: asks the other backends whether they are there, several times within its
/// length, and renews it from the moment at which a majority, this one included, was asked that has answered.
/// </summary>
/// <remarks>
/// The length is two thirds of the time for which a broken link must have been seen before it is decided who goes on.
/// Who is cut off has its last answer before the others can see that, and its lease ends before they can decide. Who
/// hears a majority, and yet cannot be reached by some backend, learns it by gossip and renews no more until that is over.
/// The question is Akka's Identify, which every actor answers by itself: builds before leases do too.
/// </remarks>
internal sealed class LeaseRenewal : ReceiveActor, IWithTimers
{
    private const int QuestionsPerLease = 5;

    private readonly HomeLease _lease;
    private readonly TimeProvider _time;
    private readonly string _role;
    private readonly long _length;
    private readonly Cluster _cluster = Cluster.Get(Context.System);

    /// <summary>When each was last asked a question that it has answered.</summary>
    private readonly Dictionary<UniqueAddress, long> _answered = [];

    /// <param name="role">The app's backends.</param>
    /// <param name="stableAfter">See <see cref="NodeOptions.SplitBrainStableAfter"/>.</param>
    public LeaseRenewal(HomeLease lease, string role, TimeSpan stableAfter, TimeProvider time)
    {
        _lease = lease;
        _time = time;
        _role = role;
        var length = stableAfter * (2 / 3.0);
        _length = (long)(length.TotalSeconds * time.TimestampFrequency);
        Receive<Tick>(_ => OnTick());
        Receive<ActorIdentity>(OnAnswer);
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TimeSpan.Zero, length / QuestionsPerLease);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(HomeLease lease, string role, TimeSpan stableAfter, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new LeaseRenewal(lease, role, stableAfter, time)).WithDispatcher("akka.actor.internal-dispatcher");

    private void OnTick()
    {
        var others = Others();
        foreach (var gone in _answered.Keys.Except(others).ToList())
        {
            _answered.Remove(gone);
        }

        foreach (var other in others)
        {
            Context.ActorSelection(new RootActorPath(other.Address) / "user" / SessionReplica.Name).Tell(new Identify(_time.GetTimestamp()));
        }

        Renew(others);
    }

    private void OnAnswer(ActorIdentity answer)
    {
        var others = Others();
        if (answer is { MessageId: long asked, Subject: not null } && others.Find(other => other.Address.Equals(Sender.Path.Address)) is { } backend)
        {
            _answered[backend] = Math.Max(asked, _answered.GetValueOrDefault(backend, long.MinValue));
            Renew(others);
        }
    }

    private void Renew(List<UniqueAddress> others)
    {
        if (IsMissedBy(others))
        {
            return;
        }

        // Of itself and the others, a majority: so many of the others.
        var needed = (others.Count + 1) / 2;
        var asked = needed == 0 ? _time.GetTimestamp()
            : others.Select(other => _answered.GetValueOrDefault(other, long.MinValue)).OrderDescending().ElementAt(needed - 1);
        if (asked != long.MinValue)
        {
            _lease.Renew(asked + _length);
        }
    }

    private bool IsMissedBy(List<UniqueAddress> others) =>
        ClusterInternals.Observers(_cluster).TryGetValue(_cluster.SelfUniqueAddress, out var observers) && observers.Overlaps(others);

    private List<UniqueAddress> Others() =>
    [
        .. _cluster.State.Members
            .Where(member => member.HasRole(_role) && member.Status is MemberStatus.Up or MemberStatus.Leaving && !member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
            .Select(member => member.UniqueAddress),
    ];

    /// <summary>Ask now.</summary>
    internal sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}
