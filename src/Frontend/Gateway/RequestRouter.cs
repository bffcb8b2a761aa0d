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
///  not sent --(a backend has just died)--> a home is asked first, then: sent
///  sent --(answer)--> done
///    |--(a node: "undelivered")--> sent again
///    |--(a backend was removed, or long silence)--> in doubt: ask again, in ever longer steps
///                          |--(answer)--> done
///                          |--(home: "it runs here")--> sent
///                          |--(home: "never seen", idempotent)--> sent, marked as in doubt
///                          |     \--(home: "this one never runs twice")--> 503, it may have run
///                          |--(home: "never seen", not idempotent)--> sent, marked as in doubt
///                          |     \--(home: "not exactly-once here", or the body is gone)--> 503, it may have run
///                          |--(failover deadline)--> 503
/// </code>
/// What is in doubt is asked after by <see cref="RequestDoubt"/>. Whether one that is not idempotent may run at a new home
/// only the home knows: its endpoint may be exactly-once. Which home a request went to is not known here (it may have been
/// passed on): all in flight are asked after when one backend dies.
/// </remarks>
internal sealed class RequestRouter : ReceiveActor, IWithTimers
{
    /// <summary>Before what was not delivered is sent again.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);

    private readonly string _app;
    private readonly TimeProvider _time;
    private readonly AppBackends _state;
    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly Homes _homes;
    private readonly HomeMail _mail;
    private readonly HomeLanes _lanes;
    private readonly PendingRequests _pending;
    private readonly RequestDoubt _doubt;
    private readonly KnownBackends _backends;
    private readonly SessionCookieNames _cookies;

    public RequestRouter(
        string app, IActorRef region, GatewayOptions options, AppBackends state, TimeProvider time, Homes homes,
        Func<Address, Task<Lane?>> openLane, Action<ulong>? onDeath = null, SessionCookieNames? cookies = null)
    {
        _app = app;
        _time = time;
        _state = state;
        _homes = homes;
        _mail = new HomeMail(homes, region, Self, Context.System);
        _lanes = new HomeLanes(homes, openLane, Context, Timers);
        _pending = new PendingRequests(_mail, time);
        _doubt = new RequestDoubt(_pending, homes, _mail, region, time, Timers, Context.GetLogger()) { Options = options };
        _backends = new KnownBackends(app, state, homes, _pending, _doubt, region, _cluster, onDeath);
        _cookies = cookies ?? new SessionCookieNames(app);
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
        Receive<HomeLanes.Again>(again => _lanes.Open(again.Node));
        Receive<HomeLanes.Opened>(_lanes.OnOpened);
        Receive<LaneClosed>(OnLaneClosed);
        Receive<ActorIdentity>(_lanes.OnIdentity);
        Receive<HomeMail.Flush>(flush => HomeMail.Send(flush.Home));
        Receive<Resend>(OnResend);
        Receive<Forget>(forget => _pending.Forget(forget.Number));
        Receive<Answered>(answered => _pending.Remove(answered.Number));
        Receive<GatewayOptions>(changed => _doubt.Options = changed);
        Receive<RequestDoubt.Round>(_ => _doubt.AskAgain());
        Receive<RequestDoubt.Unsettled>(_ => _doubt.LookForLost());
        Receive<CheckSilence>(_ => _doubt.CheckSilence());
        Receive<DeathProven>(death => _backends.OnDeathProven(death.Node));
        Receive<ClusterEvent.MemberJoined>(e => _cookies.Add(e.Member));
        Receive<ClusterEvent.MemberUp>(e =>
        {
            _cookies.Add(e.Member);
            _backends.OnUp(e.Member);
        });
        Receive<ClusterEvent.MemberRemoved>(e =>
        {
            _backends.OnRemoved(e.Member, hasLeft: e.PreviousStatus == MemberStatus.Exiting);
            _cookies.Remove(e.Member);
        });
        Receive<ClusterEvent.MemberLeft>(e => _homes.Leaving(e.Member.Address));
        Receive<ClusterEvent.IMemberEvent>(_ => { });

        Timers.StartPeriodicTimer(nameof(CheckSilence), CheckSilence.Instance, TimeSpan.FromSeconds(1));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        string app, IActorRef region, GatewayOptions options, AppBackends state, TimeProvider time, Homes homes,
        Func<Address, Task<Lane?>> openLane, Action<ulong>? onDeath = null, SessionCookieNames? cookies = null) =>
        Akka.Actor.Props.Create(() => new RequestRouter(app, region, options, state, time, homes, openLane, onDeath, cookies));

    protected override void PreStart()
    {
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));
        Context.System.EventStream.Subscribe(Self, typeof(DeathProven));
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        foreach (var pending in _pending.All)
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
        if (_backends.AreNone)
        {
            request.Fail(new GatewayException(
                GatewayFailure.NoBackend, 503,
                $"No backend{(_app == AppName.Default ? "" : $" of app '{_app}'")} is up: the cluster is starting, or every backend has died. Try again in a moment."));
            return;
        }

        _pending.Add(request);
        if (!request.MayBeSentAgain && !request.Message.IsForNode && _doubt.IsUnsettled)
        {
            _doubt.AskFirst(request);
        }
        else
        {
            Run(request);
        }
    }

    /// <param name="node">Which node has said it; null where that teaches nothing about the session's home.</param>
    private void OnReply(RequestReply reply, Address? node)
    {
        if (_pending.Find(reply.RequestId.Number) is not { } request)
        {
            return;
        }

        LearnHome(request, reply, node);
        request.IsFound |= reply.Kind is ReplyKind.Running or ReplyKind.NotSeen;
        switch (reply.Kind)
        {
            case ReplyKind.Running:
                request.InDoubtSince = null;
                request.HeardOfAt = _time.GetTimestamp();
                break;

            case ReplyKind.UnknownSession:
                // The client's id is nobody's: its next is tried, and without one the request runs as a newcomer's.
                request.Message = request.OtherSessions.TryDequeue(out var next)
                    ? request.Message with { SessionId = next, IsFreshId = false, IsForNode = false }
                    : request.Message with { SessionId = SessionId.NewRandom(), IsFreshId = true, IsForNode = request.Node is not null };
                request.InDoubtSince = null;
                request.HeardOfAt = _time.GetTimestamp();
                RunAsBefore(request);
                break;

            case ReplyKind.Elsewhere:
                // Said of a node that is gone here: the app is to see what it would see if the client came too late.
                request.Message = request.Node is not null
                    ? request.Message with { IsForNode = true }
                    : request.Message with { Request = NodeMark.Strip(request.Message.Request) };
                request.InDoubtSince = null;
                request.HeardOfAt = _time.GetTimestamp();
                RunAsBefore(request);
                break;

            case ReplyKind.Undelivered:
                // Not at once: the way may stay closed for a moment.
                Timers.StartSingleTimer(reply.RequestId, new Resend(reply.RequestId.Number), Step);
                break;

            case ReplyKind.NotSeen when request.InDoubtSince is null && !IsVerdict(request, reply):
                // Said before a home that has it was found.
                break;

            case ReplyKind.NotSeen when request.Attempts == 0:
                request.InDoubtSince = null;
                request.HeardOfAt = _time.GetTimestamp();
                Run(request);
                break;

            case ReplyKind.NotSeen when request.MayBeSentAgain && !IsVerdict(request, reply):
                RunAgain(request, mayBeRefused: reply.Reason == TakesRepeatsInDoubt);
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
        if (_pending.Find(resend.Number) is { } request)
        {
            RunAsBefore(request);
        }
    }

    private void Run(PendingRequest request) => Run(request, request.Message);

    /// <summary>What was sent has reached nobody who would run it: what is in doubt stays so.</summary>
    private void RunAsBefore(PendingRequest request) =>
        Run(request, request.IsSentInDoubt ? request.Message with { IsInDoubt = true } : request.Message);

    /// <summary>A home that recovers its session must ask the replicas: an earlier run may have committed.</summary>
    /// <param name="mayBeRefused">The home knows whether the app lets this one run twice.</param>
    private void RunAgain(PendingRequest request, bool mayBeRefused)
    {
        request.InDoubtSince = null;
        request.HeardOfAt = _time.GetTimestamp();
        Run(request, request.Message with { IsFreshId = false, IsInDoubt = mayBeRefused });
    }

    private void Run(PendingRequest request, RunRequest message)
    {
        if (message.Request.Facts is not null && !_state.TakeFacts)
        {
            // A backend of an earlier build has come meanwhile.
            message = message with { Request = message.Request with { Facts = null } };
        }

        request.Attempts++;
        request.IsAskedOnLane = false;
        request.IsSentInDoubt = message.IsInDoubt;
        if (message.IsForNode && NodeOf(request) is { } node)
        {
            RunOn(node, request, message);
            return;
        }

        if (message.IsForNode)
        {
            // What it belongs to went with its node.
            request.Node = null;
            request.Message = request.Message with { IsForNode = false, Request = NodeMark.Strip(request.Message.Request) };
            message = message with { IsForNode = false, Request = request.Message.Request };
        }

        var home = _homes.Of(message.SessionId);
        if (home?.Lane is { } lane && lane.TrySend(message))
        {
            request.Lane = lane;
        }
        else
        {
            request.Lane = null;
            _mail.Tell(message);
        }
    }

    private void RunOn(Address node, PendingRequest request, RunRequest message)
    {
        request.Lane = _homes.Meet(node).Lane is { } lane && lane.TrySend(message) ? lane : null;
        if (request.Lane is null)
        {
            _lanes.Open(node);
            _mail.TellNode(node, message);
        }
    }

    private Address? NodeOf(PendingRequest request) => request.Node is { } incarnation ? _homes.NodeOf(incarnation) : null;

    private static Address? NodeOf(IActorRef sender) => sender.Path.Address is { HasGlobalScope: true } node ? node : null;

    private void LearnHome(PendingRequest request, RequestReply reply, Address? node)
    {
        if (request.Message.IsForNode)
        {
            // It has not been sent to the session's home.
            return;
        }

        if (reply.Kind == ReplyKind.Undelivered || node is null)
        {
            _homes.Forget(request.Message.SessionId);
        }
        else if (_homes.Learn(request.Message.SessionId, node) is not null)
        {
            _lanes.Open(node);
        }
    }

    private void OnLaneReply(LaneReply reply)
    {
        if (reply.Request is { } request)
        {
            _pending.Adopt(request);
        }

        OnReply(reply.Reply, reply.Node);
    }

    private void OnLaneClosed(LaneClosed closed)
    {
        _lanes.OnClosed(closed.Lane);
        _doubt.LaneClosed(closed.Unanswered);
    }

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

    private sealed record Resend(ulong Number);

    private sealed class CheckSilence
    {
        public static readonly CheckSilence Instance = new();
    }
}
