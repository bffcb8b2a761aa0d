using System.Diagnostics;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pomegranate.Backend.Durability;
using Pomegranate.Backend.Sessions;
using Pomegranate.Views;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// Makes this node's replica complete before it counts. Completing means copying every bucket that differs from each
/// backend older than this node; the oldest has nobody to copy from. Then the backends let it into their next view. And
/// where a view owes earlier ones what they have acknowledged, it catches up with its other backends.
/// </summary>
/// <remarks>
/// <code>
///   Joining --(self is Up)--> Completing --(copied from every older backend)--> Complete --(let in)--> In
/// </code>
/// The order matters: a backend answers Hello only after it has begun to send the newcomer every write, and only then
/// is it copied from. So each write reaches the newcomer directly or by the copy.
/// With a disk (<see cref="DurableStore"/>) there is one more step at the start of Completing, unless somebody is
/// in a view already: <see cref="RestartGate"/> waits for the replicas that hold every acknowledged change between them,
/// and each of these is copied from, complete or not.
/// </remarks>
internal sealed class ReplicaSync : ReceiveActor, IWithTimers
{
    /// <summary>The actor's name under <c>/user</c>; the same on every backend.</summary>
    public const string Name = "replica-sync";

    /// <summary>ms that clocks may differ without a word: less than a message may take on a bad day.</summary>
    private const int WorthAWord = 5000;

    /// <summary>
    /// After a change of the view, before its backends compare themselves. Each has to read all its buckets for it, which on
    /// two cores took 30 to 60 ms of the failover that goes on meanwhile; and recovery asks them anyway.
    /// </summary>
    private static readonly TimeSpan CompareDelay = TimeSpan.FromSeconds(1);

    private readonly IActorRef _replica;
    private readonly IActorRef _views;
    private readonly TaskCompletionSource _completed;
    private readonly FoundingGate _founding;
    private readonly RestartGate? _gate;
    private readonly SessionClock _clock;
    private readonly string _role;
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly long _started = Stopwatch.GetTimestamp();

    private readonly SyncPeers _peers;
    private readonly HashSet<UniqueAddress> _copiedFrom = [];

    /// <summary>How often a backend was silent: those that answer go before it.</summary>
    private readonly Dictionary<UniqueAddress, int> _failures = [];
    private UniqueAddress? _copyingFrom;
    private IActorRef _copy = ActorRefs.Nobody;
    private bool _isUp;
    private bool _isComplete;
    private View? _view;
    private bool _isCaughtUp;

    /// <param name="views">This node's <see cref="ViewActor"/>.</param>
    /// <param name="completed">Set when the replica is complete and this node is in a view.</param>
    /// <param name="role">Whose members keep the same sessions: the app's backends.</param>
    /// <param name="clock">Set by those who were there before.</param>
    /// <param name="founding">What decides whether a cluster in which there is no view may serve.</param>
    /// <param name="gate">Null where sessions are kept in memory only.</param>
    public ReplicaSync(IActorRef replica, IActorRef views, TaskCompletionSource completed, string role, SessionClock clock, FoundingGate founding, RestartGate? gate)
    {
        _founding = founding;
        _clock = clock;
        _role = role;
        _replica = replica;
        _views = views;
        _completed = completed;
        _gate = gate;
        _peers = new SyncPeers(() => _cluster.SelfMember);

        Receive<ClusterEvent.MemberUp>(e =>
        {
            Joined(e.Member);
            Advance();
        });
        Receive<ClusterEvent.MemberDowned>(e => Gone(e.Member));
        Receive<ClusterEvent.MemberRemoved>(e => Gone(e.Member));
        Receive<ClusterEvent.IMemberEvent>(_ => { });
        Receive<ClusterEvent.CurrentClusterState>(OnState);
        Receive<Hello>(OnHello);
        Receive<Introduction>(introduction =>
        {
            SayHello(introduction.Newcomer, isReply: true);
            Tell(introduction.Newcomer, new Clock(_clock.Now));
        });
        Receive<Clock>(OnClock);
        Receive<Tick>(_ => Advance());
        Receive<Compare>(_ => Advance());
        Receive<Installed>(OnInstalled);
        Receive<Confirmed>(_replica.Tell);
        Receive<Settled>(_replica.Tell);
        Receive<BucketCopy.Finished>(OnCopied);

        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TimeSpan.FromMilliseconds(250));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        IActorRef replica, IActorRef views, TaskCompletionSource completed, string role, SessionClock clock, FoundingGate founding, RestartGate? gate = null) =>
        Akka.Actor.Props.Create(() => new ReplicaSync(replica, views, completed, role, clock, founding, gate));

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    private void OnState(ClusterEvent.CurrentClusterState state)
    {
        foreach (var member in state.Members)
        {
            if (member.Status is MemberStatus.Up or MemberStatus.Leaving)
            {
                Joined(member);
            }
        }

        // Only now: seeing itself before the others, a newcomer would take itself for the oldest, with nobody to copy from.
        Advance();
    }

    private void Joined(Member member)
    {
        if (!member.HasRole(_role))
        {
            return;
        }

        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            _isUp = true;
        }
        else if (_peers.Add(member) is not null)
        {
            // From this moment the replica sends it every write.
            Publish();
            SayHello(member.Address, isReply: false);
        }
    }

    private void Gone(Member member)
    {
        if (!_peers.Remove(member))
        {
            return;
        }

        if (member.UniqueAddress.Equals(_copyingFrom))
        {
            Context.Stop(_copy);
            _copyingFrom = null;
        }

        Publish();
        Advance();
    }

    private void OnHello(Hello hello)
    {
        var address = Sender.Path.Address;
        if (_peers.Find(address) is not { } peer)
        {
            // Not yet Up here: it asks again, and only an answer tells it that its writes are on their way.
            return;
        }

        peer.Said(hello);
        Publish();
        if (!hello.IsReply)
        {
            // The answer must not overtake the membership just published, or a write between the two would reach the
            // newcomer neither directly nor by its copy: so it goes through the replica's mailbox.
            _replica.Tell(new Introduction(address));
        }

        Advance();
    }

    /// <summary>The time comes from those who serve, or else from the oldest: so all backends have one.</summary>
    private void OnClock(Clock clock)
    {
        if (IsIn || _peers.Find(Sender.Path.Address) is not { } peer || !(peer.IsIn || _peers.IsOldest(peer)))
        {
            return;
        }

        var moved = _clock.Adopt(clock.Now);
        if (Math.Abs(moved) > WorthAWord)
        {
            _log.Warning(
                "This host's clock is {0:F0} s {1} that of the backends that were there before. Sessions live by theirs; set this host's clock.",
                Math.Abs(moved) / 1000.0, moved > 0 ? "behind" : "ahead of");
        }
    }

    /// <summary>Does the next thing that is due; called whenever something has changed, and by the tick.</summary>
    private void Advance()
    {
        foreach (var peer in _peers.All)
        {
            if (!peer.HasAnswered)
            {
                SayHello(peer.Member.Address, isReply: false);
            }
        }

        if (!_isUp || _copyingFrom is not null || Timers.IsTimerActive(nameof(Compare)))
        {
            return;
        }

        if (!_isComplete)
        {
            Complete();
        }
        else if (!_isCaughtUp && IsIn)
        {
            CatchUp();
        }
    }

    private void Complete()
    {
        if (!MayComplete())
        {
            return;
        }

        foreach (var source in _peers.Sources.Where(peer => !_copiedFrom.Contains(peer.Node)))
        {
            // An older backend that is not complete yet is waited for.
            if (source.HasAnswered && (source.IsIn || source.HoldsSessions))
            {
                Copy(source.Node, ReplicaView.None);
            }

            return;
        }

        _isComplete = true;
        _log.Info("The replica is complete after {0:F0} ms: copied from {1} older backends.",
            Stopwatch.GetElapsedTime(_started).TotalMilliseconds, _copiedFrom.Count);
        _views.Tell(ViewActor.Complete.Instance);
    }

    /// <summary>
    /// Copies what differs from the other backends of the view, and from those that are about to leave, once each has come to it,
    /// until this one holds all that was acknowledged before.
    /// </summary>
    private void CatchUp()
    {
        var view = _view!;
        if (ViewRules.IsEnoughToRead(view, isSettled: false, b => b.Equals(_cluster.SelfUniqueAddress) || _copiedFrom.Contains(b)))
        {
            _isCaughtUp = true;
            _views.Tell(new ViewActor.CaughtUpIn(view.Number));

            // A node that leaves sees the others leave too, and must not take itself for the last that holds everything.
            if (_cluster.SelfMember.Status == MemberStatus.Up)
            {
                _gate?.Compared(_peers.DisksIn(view));
            }
        }
        else if (_peers.All.Where(peer => peer.HasAnswered && view.MayHold(peer.Node) && !_copiedFrom.Contains(peer.Node))
            .MinBy(peer => _failures.GetValueOrDefault(peer.Node)) is { } source)
        {
            Copy(source.Node, view.Number);
        }
    }

    private void Copy(UniqueAddress source, long view)
    {
        _copyingFrom = source;
        _copy = Context.ActorOf(BucketCopy.Props(source, view));
    }

    private bool IsIn => _view?.Includes(_cluster.SelfUniqueAddress) == true;

    private void OnInstalled(Installed installed)
    {
        var wasIn = IsIn;
        _view = installed.View;
        if (_isComplete)
        {
            // What it has copied before, its sources may have added to since.
            _copiedFrom.Clear();
            _failures.Clear();
            Context.Stop(_copy);
            _copyingFrom = null;
        }

        // Those who were there before need not look again where only newcomers have to catch up.
        var newcomers = _view.Backends.Where(b => !_view.Owed.Any(roster => roster.Members.Contains(b))).ToHashSet();
        _isCaughtUp = _view.Owed.IsEmpty || (ViewRules.IsSettled(_view, newcomers.Contains) && !newcomers.Contains(_cluster.SelfUniqueAddress));
        if (!_isCaughtUp)
        {
            Timers.StartSingleTimer(nameof(Compare), Compare.Instance, CompareDelay);
        }

        Publish();
        if (IsIn && !wasIn)
        {
            foreach (var peer in _peers.All)
            {
                SayHello(peer.Member.Address, isReply: false);
            }

            _completed.TrySetResult();
        }

        Advance();
    }

    /// <summary>
    /// Where somebody serves, this is a join. Else the cluster is new, or all backends have just been started again.
    /// </summary>
    private bool MayComplete()
    {
        var isServed = _peers.AnyIn;
        return _founding.IsOpen(isServed ? int.MaxValue : _peers.Count + 1)
            && (isServed || _gate is null || _gate.IsOpen(_peers.AnsweredDisks));
    }

    private void OnCopied(BucketCopy.Finished finished)
    {
        if (!finished.Source.Equals(_copyingFrom))
        {
            return;
        }

        _copyingFrom = null;
        if (finished.Succeeded)
        {
            _copiedFrom.Add(finished.Source);
            Advance();
        }

        else
        {
            // The tick goes on: a disk that is full would be tried without end.
            _failures[finished.Source] = _failures.GetValueOrDefault(finished.Source) + 1;
        }
    }

    private void Publish()
    {
        // On disk before the first change is acknowledged in the view, so that a restart knows whom to wait for.
        if (_view is not null)
        {
            _gate?.Counts(_peers.DisksIn(_view), andThis: IsIn);
        }

        _replica.Tell(new Membership(_view, [.. _peers.Addresses]));
    }

    private void SayHello(Address address, bool isReply) => Tell(address, new Hello(IsIn, isReply, _gate?.Identity));

    private static void Tell(Address address, IReplicaMessage message) =>
        Context.ActorSelection(new RootActorPath(address) / "user" / Name).Tell(message);

    /// <summary>In which view this node speaks, and which other backends there are: told to the replica whenever it changes.</summary>
    internal sealed record Membership(View? View, IReadOnlyCollection<UniqueAddress> Peers);

    /// <summary>The backends have gone on to this view.</summary>
    internal sealed record Installed(View View);

    /// <summary>This backend has come to the current view.</summary>
    internal sealed record Confirmed(UniqueAddress Backend);

    /// <summary>This view owes earlier ones nothing any more.</summary>
    internal sealed record Settled(long View);

    /// <summary>Passes through the replica and back: it has then seen all memberships published before.</summary>
    internal sealed record Introduction(Address Newcomer);

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed class Compare
    {
        public static readonly Compare Instance = new();
    }
}
