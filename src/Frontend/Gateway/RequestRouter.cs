using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pomegranate.Clustering;
using Pomegranate.Gateway;
using Pomegranate.Liveness;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// Sends an app's requests to their sessions' homes through the shard region proxy, takes the answers, and looks after
/// the requests in flight when one of its backends dies.
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
/// only the home knows: its endpoint may be exactly-once. Which home a request went to is not known here: all in flight
/// are asked after.
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
    private readonly SessionSharding _sharding;
    private readonly Homes _homes;
    private GatewayOptions _options;
    private long? _doubtSince;

    public RequestRouter(
        string app, IActorRef region, GatewayOptions options, AppBackends state, TimeProvider time, SessionSharding sharding, Action<ulong>? onDeath = null)
    {
        _app = app;
        _role = AppName.RoleOf(app);
        _region = region;
        _options = options;
        _state = state;
        _time = time;
        _onDeath = onDeath;
        _sharding = sharding;
        _homes = new Homes(sharding);
        state.CountPending = () => _pending.Count;

        Receive<Send>(OnSend);
        Receive<RequestReply>(OnReply);
        Receive<Replies>(replies =>
        {
            foreach (var reply in replies.Items)
            {
                OnReply(reply);
            }
        });
        Receive<ActorIdentity>(identity => _homes.Found((Address)identity.MessageId, identity.Subject));
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
        string app, IActorRef region, GatewayOptions options, AppBackends state, TimeProvider time, SessionSharding sharding, Action<ulong>? onDeath = null) =>
        Akka.Actor.Props.Create(() => new RequestRouter(app, region, options, state, time, sharding, onDeath));

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
            pending.Fail(new GatewayException(GatewayFailure.FailoverTimeout, 503, "This frontend has left the cluster. Try another one."));
        }
    }

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

    private void OnReply(RequestReply reply)
    {
        if (!_pending.TryGetValue(reply.RequestId.Number, out var request))
        {
            return;
        }

        LearnHome(request, reply);
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

            case ReplyKind.NotSeen when request.InDoubtSince is null:
                break;

            case ReplyKind.NotSeen when request.MayBeSentAgain:
                RunAgain(request);
                break;

            case ReplyKind.NotSeen when reply.Status == TakesRequestsInDoubt && request.IsWhole:
                request.Attempts++;
                Tell(request.Message with { IsInDoubt = true });
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

    private void OnResend(Resend resend)
    {
        if (_pending.TryGetValue(resend.Number, out var request))
        {
            Run(request);
        }
    }

    private void Run(PendingRequest request)
    {
        request.Attempts++;
        request.IsThroughProxy = _homes.Of(request.Message.SessionId) is null;
        Tell(request.Message);
    }

    /// <summary>A home that recovers its session must ask the replicas: an earlier run may have committed.</summary>
    private void RunAgain(PendingRequest request)
    {
        request.InDoubtSince = null;
        request.HeardOfAt = _time.GetTimestamp();
        request.Attempts++;
        request.IsThroughProxy = _homes.Of(request.Message.SessionId) is null;
        Tell(request.Message with { IsFreshId = false });
    }

    // ---- the way to a home: many messages at once where it is known, else through the proxy ----

    private void Tell(ISessionMessage message)
    {
        if (_homes.Of(message.SessionId) is not { } home)
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

            home.Inlet.Tell(new SessionMessages(home.Waiting.GetRange(from, to - from)));
            from = to;
        }

        home.Waiting.Clear();
    }

    private void LearnHome(PendingRequest request, RequestReply reply)
    {
        var node = Sender.Path.Address;
        if (reply.Kind == ReplyKind.Undelivered || !node.HasGlobalScope)
        {
            _homes.Forget(request.Message.SessionId);
        }
        else if (_homes.Learn(request.Message.SessionId, node) is not null)
        {
            Context.ActorSelection(new RootActorPath(node) / "user" / InletName).Tell(new Identify(node));
        }
    }

    private void OnForget(Forget forget)
    {
        if (_pending.Remove(forget.Number, out var request))
        {
            Tell(new CancelRequest(request.Message.RequestId, request.Message.SessionId));
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
        _homes.Gone(member.Address);
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
            _homes.Gone(node.Address);
            if (_cluster.State.Members.FirstOrDefault(member => member.UniqueAddress.Equals(node)) is { } dead)
            {
                // If the coordinator was there the proxy looks for the next one at once.
                _region.Tell(new ClusterEvent.MemberRemoved(dead.Copy(MemberStatus.Removed), MemberStatus.Down), ActorRefs.NoSender);
            }

            Doubt(node, onlyThroughProxy: false);
        }
    }

    private void Doubt(UniqueAddress dead, bool onlyThroughProxy)
    {
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

            // What is sent before the region proxy knows of the death goes to the dead node and is lost: hence several
            // times, and each time the proxy asks for the home anew.
            _homes.Forget(request.Message.SessionId);
            var shard = _sharding.ShardOf(request.Message.SessionId);
            if (asked.Add(shard) && ForgetHome.Of(shard) is { } forget)
            {
                _region.Tell(forget, ActorRefs.NoSender);
            }

            Tell(new FindRequest(request.Message.RequestId, request.Message.SessionId));
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
