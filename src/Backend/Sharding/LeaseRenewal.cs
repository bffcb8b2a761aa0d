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
/// Two cases. A node that is cut off had its last answer before the others began to miss it. They suspect it after
/// <see cref="NodeOptions.AcceptableHeartbeatPause"/>, and decide <see cref="NodeOptions.SplitBrainStableAfter"/> later. The
/// lease lasts for the first and two thirds of the second. A node that hears a majority, and yet cannot be reached by some
/// backend, learns by gossip that it is suspected: then the lease ends after two thirds of the time to the decision.
/// The question is Akka's Identify, which every actor answers by itself: builds before leases do too.
/// </remarks>
internal sealed class LeaseRenewal : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly HomeLease _lease;
    private readonly TimeProvider _time;
    private readonly string _role;
    private readonly long _length;
    private readonly long _rest;
    private readonly Cluster _cluster = Cluster.Get(Context.System);

    /// <summary>When each was last asked a question that it has answered.</summary>
    private readonly Dictionary<UniqueAddress, long> _answered = [];
    private bool _isMissed;

    /// <param name="role">The app's backends.</param>
    public LeaseRenewal(HomeLease lease, string role, NodeOptions options, TimeProvider time)
    {
        _lease = lease;
        _time = time;
        _role = role;
        var rest = options.SplitBrainStableAfter * (2 / 3.0);
        _rest = (long)(rest.TotalSeconds * time.TimestampFrequency);
        _length = (long)((options.AcceptableHeartbeatPause + rest).TotalSeconds * time.TimestampFrequency);
        Receive<Tick>(_ => OnTick());
        Receive<ActorIdentity>(OnAnswer);
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TimeSpan.Zero, Interval);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(HomeLease lease, string role, NodeOptions options, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new LeaseRenewal(lease, role, options, time)).WithDispatcher("akka.actor.internal-dispatcher");

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
        var wasMissed = _isMissed;
        _isMissed = IsMissedBy(others);
        if (_isMissed)
        {
            if (!wasMissed)
            {
                _lease.Shorten(_time.GetTimestamp() + _rest);
            }

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
