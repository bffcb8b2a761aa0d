using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pomegranate.Clustering;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using Pomegranate.Liveness;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// Finds the homes of an app's sessions through the shard region proxy, and looks after the requests that are not simply
/// answered: whose home is not known, whose backend died, of which nothing is heard. The others have nothing to do with it:
/// they wait on their home's lane (<see cref="HomeLane"/>).
/// </summary>
/// <remarks>
/// <code>
///  sent --(answer)--> done
///    |--(a node: "undelivered")--> sent again
///    |--(a backend was removed, or long silence)--> in doubt: ask again, in ever longer steps
///                          |--(answer)--> done
///                          |--(home: "it runs here")--> sent
///                          |--(home: "never seen", idempotent)--> sent
///                          |--(home: "never seen", not idempotent)--> sent, marked as in doubt
///                          |     \--(home: "not exactly-once here", or the body is gone)--> 503, it may have run
///                          |--(failover deadline)--> 503
/// </code>
/// In doubt, a request is asked after, again and again; only a home that has not seen it is sent another copy, so that
/// no copy waits in a buffer to run after later requests of its session. Whether one that is not idempotent may run there
/// only the home knows: its endpoint may be exactly-once. Which home a request went to is not known here (it may have been
/// passed on): all in flight are asked after when one backend dies.
/// </remarks>
internal sealed class RequestRouter : ReceiveActor, IWithTimers
{
    /// <summary>Before what was not delivered is sent again.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);

    /// <summary>Between two times that the requests in doubt are asked after.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    /// <summary>Silence after which a home is asked whether it still has the request: remoting may have lost a message.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>Until a lane that has ended, or could not be opened, is tried again.</summary>
    private static readonly TimeSpan LanePause = TimeSpan.FromSeconds(1);

    /// <summary>A question by a lane that lives is answered within this time, or its request has gone elsewhere.</summary>
    private static readonly TimeSpan LanePatience = TimeSpan.FromMilliseconds(250);

    /// <summary>A message to a home is cut at this size, far below the frame size, so heartbeats never wait long behind one.</summary>
    private const int BatchBytes = 256 * 1024;

    private readonly IActorRef _region;
    private readonly AppBackends _state;
    private readonly string _app;
    private readonly string _role;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly Dictionary<ulong, PendingRequest> _pending = [];
    private readonly HashSet<UniqueAddress> _backends = [];
    private readonly HashSet<UniqueAddress> _dead = [];
    private readonly Action<ulong>? _onDeath;
    private readonly Homes _homes;
    private readonly Func<Address, Task<Lane?>> _openLane;
    private GatewayOptions _options;
    private long? _doubtSince;

    public RequestRouter(
        string app, IActorRef region, GatewayOptions options, AppBackends state, TimeProvider time, Homes homes,
        Func<Address, Task<Lane?>> openLane, Action<ulong>? onDeath = null)
    {
        _app = app;
        _role = AppName.RoleOf(app);
        _region = region;
        _options = options;
        _state = state;
        _time = time;
        _onDeath = onDeath;
        _homes = homes;
        _openLane = openLane;
        state.CountPending = () => _pending.Count;

        Receive<Send>(OnSend);
        Receive<RequestReply>(reply => OnReply(reply, NodeOf(Sender)));
        Receive<Replies>(replies =>
        {
            foreach (var reply in replies.Items)
            {
                OnReply(reply, NodeOf(Sender));
            }
        });
        Receive<LaneReply>(OnLaneReply);
        Receive<OpenLane>(open => Open(open.Node));
        Receive<LaneOpened>(OnLaneOpened);
        Receive<LaneClosed>(OnLaneClosed);
        Receive<ActorIdentity>(OnIdentity);
        Receive<Flush>(flush => OnFlush(flush.Home));
        Receive<Resend>(OnResend);
        Receive<Forget>(OnForget);
        Receive<Answered>(answered => _pending.Remove(answered.Number));
        Receive<GatewayOptions>(changed => _options = changed);
        Receive<AskAgain>(_ => OnAskAgain());
        Receive<CheckSilence>(_ => OnCheckSilence());
        Receive<DeathProven>(death => BackendDied(death.Node));
        Receive<ClusterEvent.MemberUp>(e => BackendSeen(e.Member));
        Receive<ClusterEvent.MemberRemoved>(e => BackendGone(e.Member, hasLeft: e.PreviousStatus == MemberStatus.Exiting));
        Receive<ClusterEvent.MemberLeft>(e => _homes.Leaving(e.Member.Address));
        Receive<ClusterEvent.IMemberEvent>(_ => { });

        Timers.StartPeriodicTimer(nameof(CheckSilence), CheckSilence.Instance, TimeSpan.FromSeconds(1));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        string app, IActorRef region, GatewayOptions options, AppBackends state, TimeProvider time, Homes homes,
        Func<Address, Task<Lane?>> openLane, Action<ulong>? onDeath = null) =>
        Akka.Actor.Props.Create(() => new RequestRouter(app, region, options, state, time, homes, openLane, onDeath));

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        Context.System.EventStream.Subscribe(Self, typeof(DeathProven));
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        foreach (var pending in _pending.Values)
        {
            pending.Fail(HasLeft());
        }

        foreach (var lane in _homes.Lanes)
        {
            lane.TakeSent().ForEach(pending => pending.Fail(HasLeft()));
            lane.Close();
        }
    }

    private static GatewayException HasLeft() => new(GatewayFailure.FailoverTimeout, 503, "This frontend has left the cluster. Try another one.");

    private void OnSend(Send send)
    {
        var request = send.Request;
        if (_backends.Count == 0)
        {
            request.Fail(new GatewayException(
                GatewayFailure.NoBackend, 503,
                $"No backend{(_app == AppName.Default ? "" : $" of app '{_app}'")} is up: the cluster is starting, or every backend has died. Try again in a moment."));
            return;
        }

        _pending.Add(request.Message.RequestId.Number, request);
        Run(request);
    }

    /// <param name="node">Which node has said it; null where that teaches nothing about the session's home.</param>
    private void OnReply(RequestReply reply, Address? node)
    {
        if (!_pending.TryGetValue(reply.RequestId.Number, out var request))
        {
            return;
        }

        LearnHome(request, reply, node);
        switch (reply.Kind)
        {
            case ReplyKind.Running:
                request.InDoubtSince = null;
                request.HeardOfAt = _time.GetTimestamp();
                break;

            case ReplyKind.UnknownSession:
                // The client's id is nobody's: the request runs as a newcomer's.
                request.Message = request.Message with { SessionId = SessionId.NewRandom(), IsFreshId = true };
                request.InDoubtSince = null;
                request.HeardOfAt = _time.GetTimestamp();
                Run(request);
                break;

            case ReplyKind.Undelivered:
                // Not at once: the way may stay closed for a moment.
                Timers.StartSingleTimer(reply.RequestId, new Resend(reply.RequestId.Number), Step);
                break;

            case ReplyKind.NotSeen when request.InDoubtSince is null && !IsVerdict(request, reply):
                // Said before a home that has it was found.
                break;

            case ReplyKind.NotSeen when request.MayBeSentAgain:
                RunAgain(request);
                break;

            case ReplyKind.NotSeen when reply.Status == TakesRequestsInDoubt && request.IsWhole:
                Run(request, request.Message with { IsInDoubt = true });
                break;

            case ReplyKind.NotSeen:
                _pending.Remove(reply.RequestId.Number);
                request.Fail(new GatewayException(
                    GatewayFailure.MayHaveRun, 503,
                    $"The node that had this {request.Message.Request.Method} died before it answered. It may have run, so it was not sent again: "
                    + "check its effect before you repeat it."));
                break;

            default:
                _pending.Remove(reply.RequestId.Number);
                request.Complete(reply);
                break;
        }
    }

    /// <summary>
    /// What a home says of a copy in doubt in the end, and not of one that it has not got: it does not run it. It may have
    /// said before that it has it, so that nobody is in doubt any more.
    /// </summary>
    private static bool IsVerdict(PendingRequest request, RequestReply notSeen) => request.IsSentInDoubt && notSeen.Status != TakesRequestsInDoubt;

    private void OnResend(Resend resend)
    {
        if (_pending.TryGetValue(resend.Number, out var request))
        {
            Run(request);
        }
    }

    private void Run(PendingRequest request) => Run(request, request.Message);

    /// <summary>A home that recovers its session must ask the replicas: an earlier run may have committed.</summary>
    private void RunAgain(PendingRequest request)
    {
        request.InDoubtSince = null;
        request.HeardOfAt = _time.GetTimestamp();
        Run(request, request.Message with { IsFreshId = false });
    }

    private void Run(PendingRequest request, RunRequest message)
    {
        request.Attempts++;
        request.IsAskedOnLane = false;
        request.IsSentInDoubt = message.IsInDoubt;
        var home = _homes.Of(message.SessionId);
        if (home?.Lane is { } lane && lane.TrySend(message))
        {
            request.Lane = lane;
            request.IsThroughProxy = false;
        }
        else
        {
            request.Lane = null;
            request.IsThroughProxy = home?.Inlet is null;
            Tell(message);
        }
    }

    // ---- without a lane: many messages at once where the home has an inlet, else through the proxy ----

    private void Tell(ISessionMessage message)
    {
        if (_homes.Of(message.SessionId) is not { Inlet: not null } home)
        {
            _region.Tell(message);
            return;
        }

        home.Waiting.Add(message);
        if (home.Waiting.Count == 1)
        {
            // Behind everything that is in the mailbox now, so that the requests among it share one message.
            Self.Tell(new Flush(home));
        }
    }

    private static void OnFlush(Homes.Home home)
    {
        for (var from = 0; from < home.Waiting.Count;)
        {
            var bytes = 0;
            var to = from;
            while (to < home.Waiting.Count && (to == from || bytes < BatchBytes))
            {
                bytes += home.Waiting[to++] is RunRequest run ? run.Request.Body.Length : 0;
            }

            home.Inlet!.Tell(new SessionMessages(home.Waiting.GetRange(from, to - from)));
            from = to;
        }

        home.Waiting.Clear();
    }

    private static Address? NodeOf(IActorRef sender) => sender.Path.Address is { HasGlobalScope: true } node ? node : null;

    private void LearnHome(PendingRequest request, RequestReply reply, Address? node)
    {
        if (reply.Kind == ReplyKind.Undelivered || node is null)
        {
            _homes.Forget(request.Message.SessionId);
        }
        else if (_homes.Learn(request.Message.SessionId, node) is not null)
        {
            Open(node);
        }
    }

    // ---- lanes: opened to each backend that has answered, and again after their end ----

    private void Open(Address node)
    {
        if (_homes.Find(node) is { Lane: null })
        {
            _openLane(node).PipeTo(Self, success: lane => new LaneOpened(node, lane), failure: _ => new LaneOpened(node, null, HasFailed: true));
        }
    }

    private void OnLaneOpened(LaneOpened opened)
    {
        var home = _homes.Find(opened.Node);
        if (opened.Lane is not { } lane)
        {
            OpenLater(home, opened);
        }
        else if (home is { Lane: null })
        {
            var requests = new HomeLane(lane, Self);
            home.Lane = requests;
            requests.Start();
        }
        else
        {
            lane.Dispose();
        }
    }

    private void OpenLater(Homes.Home? home, LaneOpened opened)
    {
        if (home is not null && opened.HasFailed)
        {
            Timers.StartSingleTimer(opened.Node, new OpenLane(opened.Node), LanePause);
        }
        else if (home is not null)
        {
            // An earlier build, which may have the inlet of the time between, or not even that.
            Context.ActorSelection(new RootActorPath(opened.Node) / "user" / InletName).Tell(new Identify(opened.Node));
        }
    }

    private void OnIdentity(ActorIdentity identity)
    {
        if (identity.MessageId is Address node && _homes.Find(node) is { } home)
        {
            home.Inlet = identity.Subject;
        }
    }

    private void OnLaneReply(LaneReply reply)
    {
        if (reply.Request is { } request)
        {
            Adopt(request);
        }

        OnReply(reply.Reply, reply.Node);
    }

    /// <summary>The backend died, or the connection broke: what was on its way may have arrived or not.</summary>
    private void OnLaneClosed(LaneClosed closed)
    {
        if (_homes.Find(closed.Lane.Node) is { } home && home.Lane == closed.Lane)
        {
            home.Lane = null;
            Timers.StartSingleTimer(home.Node, new OpenLane(home.Node), LanePause);
        }

        if (closed.Unanswered.Count > 0)
        {
            closed.Unanswered.ForEach(AdoptInDoubt);
            _doubtSince ??= _time.GetTimestamp();
            OnAskAgain();
        }
    }

    /// <summary>The request is this router's from now on.</summary>
    private void Adopt(PendingRequest request)
    {
        if (!request.IsAnswered)
        {
            _pending[request.Number] = request;
        }
        else if (request.IsAbandoned)
        {
            // Its client has left meanwhile, and the news that it did has found it neither there nor here.
            Cancel(request);
        }
    }

    private void AdoptInDoubt(PendingRequest request)
    {
        Adopt(request);
        request.InDoubtSince ??= _time.GetTimestamp();
    }

    private void OnForget(Forget forget)
    {
        if (_pending.Remove(forget.Number, out var request))
        {
            Cancel(request);
        }
    }

    private void Cancel(PendingRequest request)
    {
        var cancel = new CancelRequest(request.Message.RequestId, request.Message.SessionId);
        if (request.Lane?.TrySend(cancel) != true)
        {
            Tell(cancel);
        }
    }

    private void BackendSeen(Member member)
    {
        if (member.HasRole(_role) && _backends.Add(member.UniqueAddress))
        {
            _state.Count = _backends.Count;
        }
    }

    private void BackendGone(Member member, bool hasLeft)
    {
        if (!_backends.Remove(member.UniqueAddress))
        {
            return;
        }

        _state.Count = _backends.Count;
        HomeGone(member.Address);
        if (!hasLeft)
        {
            // One that left finishes what it streams.
            _onDeath?.Invoke(unchecked((ulong)(long)member.UniqueAddress.Uid));
        }

        // Where its death was proven, the others have been asked after, or were sent to homes that live.
        Doubt(member.UniqueAddress, onlyThroughProxy: _dead.Remove(member.UniqueAddress));
    }

    /// <summary>
    /// This node has proven it, so its requests need not wait until all members agree: the coordinator does not either.
    /// What the proxy still sends to the dead node is in doubt when that is removed.
    /// </summary>
    private void BackendDied(UniqueAddress node)
    {
        if (_backends.Contains(node) && _dead.Add(node))
        {
            HomeGone(node.Address);
            if (_cluster.State.Members.FirstOrDefault(member => member.UniqueAddress.Equals(node)) is { } dead)
            {
                // If the coordinator was there the proxy looks for the next one at once.
                _region.Tell(new ClusterEvent.MemberRemoved(dead.Copy(MemberStatus.Removed), MemberStatus.Down), ActorRefs.NoSender);
            }

            Doubt(node, onlyThroughProxy: false);
        }
    }

    private void HomeGone(Address node)
    {
        if (_homes.Gone(node)?.Lane is { } lane)
        {
            lane.TakeSent().ForEach(AdoptInDoubt);
            lane.Close();
        }
    }

    private void Doubt(UniqueAddress dead, bool onlyThroughProxy)
    {
        if (!onlyThroughProxy)
        {
            // Another home may have passed them on to the dead node.
            foreach (var lane in _homes.Lanes)
            {
                lane.TakeSent().ForEach(AdoptInDoubt);
            }
        }

        var doubtful = _pending.Values.Where(request => request.IsThroughProxy || !onlyThroughProxy).ToList();
        _log.Info("Backend {0} is gone; asking after {1} of {2} requests in flight.", dead.Address, doubtful.Count, _pending.Count);
        var now = _time.GetTimestamp();
        foreach (var request in doubtful)
        {
            request.InDoubtSince ??= now;
        }

        _doubtSince = now;
        OnAskAgain();
    }

    private void OnAskAgain()
    {
        var inDoubt = 0;
        var now = _time.GetTimestamp();
        var shortest = TimeSpan.MaxValue;
        var asked = new HashSet<string>();
        foreach (var request in _pending.Values.ToList())
        {
            if (request.InDoubtSince is not { } since)
            {
                continue;
            }

            var waited = _time.GetElapsedTime(since, now);
            if (waited > _options.FailoverDeadline)
            {
                _pending.Remove(request.Message.RequestId.Number);
                request.Fail(new GatewayException(
                    GatewayFailure.FailoverTimeout, 503,
                    $"The session has no new home after {_options.FailoverDeadline.TotalSeconds:0.#} s (Pomegranate:Gateway:FailoverDeadline). Try again in a moment."));
                continue;
            }

            inDoubt++;
            shortest = waited < shortest ? waited : shortest;
            var find = new FindRequest(request.Message.RequestId, request.Message.SessionId);
            if (request.Lane is { } lane)
            {
                // Once the way that the request went, behind it: a home that still has it says so.
                if (request.IsAskedOnLane ? waited < LanePatience : lane.TrySend(find))
                {
                    request.IsAskedOnLane = true;
                    continue;
                }

                request.Lane = null;
            }

            // What is sent before the region proxy knows of the death goes to the dead node and is lost: hence several
            // times, and each time the proxy asks for the home anew.
            _homes.Forget(request.Message.SessionId);
            var shard = _homes.Sharding.ShardOf(request.Message.SessionId);
            if (asked.Add(shard) && ForgetHome.Of(shard) is { } forget)
            {
                _region.Tell(forget, ActorRefs.NoSender);
            }

            Tell(find);
        }

        if (inDoubt > 0)
        {
            if (ShardingInternals.Retry is { } retry)
            {
                // The proxy by itself looks for the coordinator, and for the homes of what it holds back, every 100 ms.
                _region.Tell(retry, ActorRefs.NoSender);
            }

            Timers.StartSingleTimer(nameof(AskAgain), AskAgain.Instance, PauseAfter(shortest, inDoubt));
        }
        else if (_doubtSince is { } began)
        {
            _doubtSince = null;
            _log.Info("No request is in doubt any more, {0:F0} ms after the backend was gone.", _time.GetElapsedTime(began).TotalMilliseconds);
        }
    }

    /// <summary>
    /// An eighth of what has been waited: often while a failover is to be short, seldom where it is not. The more are
    /// asked after, the less often.
    /// </summary>
    private static TimeSpan PauseAfter(TimeSpan waited, int inDoubt)
    {
        var least = Shortest * Math.Max(1, inDoubt / 200.0);
        var pause = waited / 8;
        return pause < least ? least : pause > Longest ? Longest : pause;
    }

    private void OnCheckSilence()
    {
        var heardOfBefore = _time.GetTimestamp() - (long)(Silence.TotalSeconds * _time.TimestampFrequency);
        foreach (var lane in _homes.Lanes)
        {
            lane.TakeSent(heardOfBefore).ForEach(Adopt);
        }

        foreach (var request in _pending.Values)
        {
            if (request.InDoubtSince is null && _time.GetElapsedTime(request.HeardOfAt) > Silence)
            {
                request.HeardOfAt = _time.GetTimestamp();
                request.InDoubtSince = _time.GetTimestamp();
                Timers.StartSingleTimer(nameof(AskAgain), AskAgain.Instance, TimeSpan.Zero);
            }
        }
    }

    /// <summary>Send what waits for this home.</summary>
    private sealed record Flush(Homes.Home Home) : INoSerializationVerificationNeeded;

    /// <summary>Send this request and look after it.</summary>
    internal sealed record Send(PendingRequest Request) : INoSerializationVerificationNeeded;

    /// <summary>The request was answered by its stream.</summary>
    internal sealed record Answered(ulong Number) : INoSerializationVerificationNeeded;

    /// <summary>Nobody waits for the request any more.</summary>
    internal sealed record Forget(ulong Number) : INoSerializationVerificationNeeded;

    /// <summary>An answer that came by a lane and has to do with this router.</summary>
    /// <param name="Request">Whose answer it is, if it has waited on the lane: it is the router's now.</param>
    /// <param name="Node">The session's home; null where that is elsewhere.</param>
    internal sealed record LaneReply(RequestReply Reply, PendingRequest? Request, Address? Node) : INoSerializationVerificationNeeded;

    /// <summary>A lane has ended.</summary>
    internal sealed record LaneClosed(HomeLane Lane, List<PendingRequest> Unanswered) : INoSerializationVerificationNeeded;

    /// <summary>An attempt to open a lane has ended; null where the node takes none, or it has failed.</summary>
    private sealed record LaneOpened(Address Node, Lane? Lane, bool HasFailed = false);

    private sealed record OpenLane(Address Node);

    private sealed record Resend(ulong Number);

    private sealed class AskAgain
    {
        public static readonly AskAgain Instance = new();
    }

    private sealed class CheckSilence
    {
        public static readonly CheckSilence Instance = new();
    }
}
