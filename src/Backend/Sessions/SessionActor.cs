using Akka.Actor;
using Akka.Cluster.Sharding;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;
using Pomegranate.Streaming;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// A session's home: recovers the session from the replicas, runs its requests through the app, and answers each once
/// its changes are safe. The sharding entity whose id is the session's.
/// </summary>
/// <remarks>
/// <code>
///  Recovering --(replicas answered, or the id is fresh)--> Open --(idle, or nothing to keep)--> passivated
///       |                                                   |
///       +------------(Stop: hand-off or passivation)--------+--> accepted requests finish --> stopped
/// </code>
/// The actor never waits for the app: requests run on the thread pool and their end comes back as a message. It is no
/// ReceiveActor: a request without a session makes one for itself alone, and handlers that are built anew each time were
/// a third of that.
/// </remarks>
internal sealed class SessionActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan StreamPatience = TimeSpan.FromSeconds(5);

    private readonly SessionServices _services;
    private readonly SessionId _id;
    private readonly RequestLedger _ledger;
    private readonly Queue<RunRequest> _queue = [];

    /// <summary>Requests whose key is that of one that runs: they get its outcome.</summary>
    private readonly List<RunRequest> _behind = [];

    private readonly HashSet<Guid> _runningKeys = [];
    private readonly Dictionary<RequestId, IActorRef> _finds = [];
    private LiveSession? _session;

    /// <summary>What the replicas knew: a session that has ended may still have an outcome.</summary>
    private SessionEntry? _recovered;
    private bool _isRecovering;
    private int _running;
    private bool _isPassivating;
    private bool _isStopping;
    private long _lastUse;
    private bool _isTimed;

    public SessionActor(SessionServices services, SessionId id)
    {
        _services = services;
        _id = id;
        _ledger = new RequestLedger(services.Answers);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private bool IsIdle => _running == 0 && _queue.Count == 0 && !_isRecovering;

    public static Props Props(SessionServices services, string entityId) => SessionId.TryParse(entityId, out var id)
        ? Akka.Actor.Props.CreateBy(new Producer(services, id))
        : throw new ArgumentException($"'{entityId}' is not a session id.", nameof(entityId));

    protected override void PreStart() => _services.Actors.Started(_id, Self);

    protected override void PostStop()
    {
        _services.Actors.Stopped(_id, Self);
        _ledger.Close();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CancelRequest cancel:
                _ledger.Find(cancel.RequestId)?.Cancellation?.Cancel();
                LeaveIfUseless();
                break;
            case Stop:
                _isStopping = true;
                _services.Actors.Stopping(_id, Self);
                LeaveIfUseless();
                break;
            default:
                if (_session is null)
                {
                    OnReceiveRecovering(message);
                }
                else
                {
                    OnReceiveOpen(message);
                }

                break;
        }
    }

    // ---- Recovering: requests queue until the replicas have answered ----

    private void OnReceiveRecovering(object message)
    {
        switch (message)
        {
            case RunRequest request when !Accept(request):
                break;
            case RunRequest { IsFreshId: true, IsInDoubt: false } when !_isRecovering:
                // The frontend made the id for this request: nobody can hold anything of it.
                Open(null);
                break;
            case RunRequest:
            case ExpireIfIdle:
                Recover();
                break;
            case FindRequest find when !TryRepeat(find):
                _finds[find.RequestId] = Sender;
                Recover();
                break;
            case FindRequest:
                break;
            case Recovered recovered:
                _services.Logger.Recovered();
                Open(recovered.Entry);
                break;
            case RecoveryFailed failed:
                OnRecoveryFailed(failed.Reason);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnRecoveryFailed(string reason)
    {
        _isRecovering = false;
        _services.Logger.RecoveryFailed(reason);

        // Those who ask after a request ask again.
        _finds.Clear();
        while (_queue.TryDequeue(out var request))
        {
            Refuse(request.RequestId, reason);
        }

        LeaveIfUseless();
    }

    private void Recover()
    {
        if (!_isRecovering)
        {
            _isRecovering = true;
            _services.Replica.RecoverAsync(_id).PipeTo(
                Self,
                success: entry => new Recovered(entry),
                failure: failure => new RecoveryFailed(failure.Message));
        }
    }

    private void Open(SessionEntry? entry)
    {
        _isRecovering = false;
        _recovered = entry;
        _session = new LiveSession(_services, _id, entry is { IsRemoved: false } ? entry : null);
        NoteUse();
        foreach (var (request, asker) in _finds)
        {
            asker.Tell(Found(request));
        }

        _finds.Clear();
        RunQueued();
        ExpireNow();
    }

    // ---- Open: requests run ----

    private void OnReceiveOpen(object message)
    {
        switch (message)
        {
            case RunRequest request when Accept(request):
                RunQueued();
                break;
            case RunRequest:
                break;
            case FindRequest find when !TryRepeat(find):
                Sender.Tell(Found(find.RequestId));
                LeaveIfUseless();
                break;
            case FindRequest:
                break;
            case Ended ended:
                OnEnded(ended);
                break;
            case ExpireIfIdle:
                ExpireNow();
                break;
            case Expired:
                _running--;
                RunQueued();
                break;
            case Idle:
                OnIdle();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private bool TryRepeat(FindRequest find)
    {
        if (_ledger.Find(find.RequestId) is not { } item)
        {
            return false;
        }

        Repeat(find.RequestId, item);
        return true;
    }

    /// <summary>For a request that this home has not had.</summary>
    private RequestReply Found(RequestId request) =>
        OutcomeOf(request) ?? new RequestReply(request, ReplyKind.NotSeen, _services.NodeName, Status: TakesRequestsInDoubt);

    private RequestReply? OutcomeOf(RequestId request) => Outcomes.Find(_session!.Entry ?? _recovered, request)?.Reply;

    /// <summary>What the client's key has brought already.</summary>
    private RequestReply? OutcomeOf(RequestId request, IdempotencyKey key)
    {
        if (!_session!.Exists || Outcomes.Find(_session.Entry, key) is not { } outcome)
        {
            return null;
        }

        return key.IsSameRequest(outcome.Key!)

            // The client has its cookie: it has found its session. The id may have been renewed since.
            ? outcome.Reply with { RequestId = request, Cookie = new(CookieAction.Keep, _id) }
            : new RequestReply(request, ReplyKind.Refused, _services.NodeName, Status: 422,
                Reason: $"This {IdempotencyKey.Header} belongs to another request of this session: method, target or body differ. Make a new key for each request.");
    }

    /// <summary>Whether the request is new; it is queued then.</summary>
    private bool Accept(RunRequest request)
    {
        if (_isStopping && _ledger.Find(request.RequestId) is null)
        {
            // It came by a lane, beside the shard, which sends nothing after the stop. Here it would hold up the hand-off;
            // sent again it waits for the session's next home. One in doubt is asked after until then.
            if (!request.IsInDoubt)
            {
                Sender.Tell(new RequestReply(request.RequestId, ReplyKind.Undelivered, _services.NodeName));
            }

            return false;
        }

        if (_ledger.Begin(request.RequestId, Sender) is { } known)
        {
            Repeat(request.RequestId, known);
            return false;
        }

        if (_running + _queue.Count + _behind.Count >= _services.SessionOptions.MaxConcurrentRequests + _services.SessionOptions.MaxQueuedRequests)
        {
            Refuse(request.RequestId,
                $"{_queue.Count + _behind.Count} requests of this session are waiting (Pomegranate:Session:MaxQueuedRequests). Try again later.");
            return false;
        }

        _ledger.Find(request.RequestId)!.Cancellation = new CancellationTokenSource();
        _queue.Enqueue(request);
        return true;
    }

    private void Repeat(RequestId id, RequestLedger.Item known)
    {
        if (known.IsAnswered && !IsOnItsWay(known))
        {
            Sender.Tell(known.ReplyTo(id, _services.NodeName));
        }
        else
        {
            known.Add(Sender);
            Sender.Tell(new RequestReply(id, ReplyKind.Running, _services.NodeName));
        }
    }

    /// <summary>
    /// A streamed answer and a word of this actor's go different ways: a copy of the request must not be refused while
    /// the answer to the first is still under way.
    /// </summary>
    private bool IsOnItsWay(RequestLedger.Item known) =>
        known.StreamedAt is { } since && _services.Time.GetElapsedTime(since) < StreamPatience;

    private void NoteStreamed(RequestReply reply)
    {
        _ledger.End(reply);
        if (_ledger.Find(reply.RequestId) is { } item)
        {
            item.StreamedAt = _services.Time.GetTimestamp();
        }
    }

    private void RunQueued()
    {
        while (_running < _services.SessionOptions.MaxConcurrentRequests && _queue.TryDequeue(out var request))
        {
            var cancellation = _ledger.Find(request.RequestId)!.Cancellation!.Token;
            if (cancellation.IsCancellationRequested)
            {
                Reply(new RequestReply(request.RequestId, ReplyKind.Aborted, _services.NodeName));
            }
            else if (OutcomeOf(request.RequestId) is { } outcome)
            {
                Reply(outcome);
            }
            else
            {
                Run(request, cancellation);
            }
        }

        LeaveIfUseless();
    }

    private void Run(RunRequest request, CancellationToken cancellation)
    {
        if (!TryGetKey(request, out var key))
        {
            return;
        }

        if (_session!.HasEnded || _session.IsExpired || _recovered?.IsRemoved == true || !(_session.Exists || request.IsFreshId))
        {
            // The session is over, or there never was one: an id from outside is not adopted. A request that may have
            // run before the session's end must not run again under another id.
            Reply(new RequestReply(request.RequestId, request.IsInDoubt ? ReplyKind.NotSeen : ReplyKind.UnknownSession, _services.NodeName));
        }
        else if (key is not null && OutcomeOf(request.RequestId, key) is { } outcome)
        {
            Reply(outcome);
        }
        else if (key is not null && !_runningKeys.Add(key.Key))
        {
            _behind.Add(request);
        }
        else
        {
            _session.Touch();
            _running++;
            RunAsync(request, key, cancellation).PipeTo(Self);
        }
    }

    /// <summary>False where the key is none: the request is refused then.</summary>
    private bool TryGetKey(RunRequest request, out IdempotencyKey? key)
    {
        key = null;
        try
        {
            key = _services.SessionOptions.IdempotencyKeys ? IdempotencyKey.Of(request.Request) : null;
            return true;
        }
        catch (BadHttpRequestException malformed)
        {
            Reply(new RequestReply(request.RequestId, ReplyKind.Refused, _services.NodeName, Status: malformed.StatusCode, Reason: malformed.Message));
            return false;
        }
    }

    private async Task<Ended> RunAsync(RunRequest request, IdempotencyKey? key, CancellationToken cancellation)
    {
        var session = new RequestSession(_session!, request.RequestId, cancellation, key, request.IsInDoubt);
        try
        {
            var response = await _services.Runner.RunAsync(request.Request, StreamOf(request, session), session, cancellation);
            if (session.IsTurnedAway)
            {
                return new Ended(new RequestReply(request.RequestId, ReplyKind.NotSeen, _services.NodeName));
            }

            return response is null
                ? Refused(503, "The request has run and its answer was streamed, so it is not kept. It was not run again.") with { IsStreamed = true }
                : new Ended(session.ReplyOf(response), key?.Key);
        }
        catch (SessionCommitException failure)
        {
            _services.Logger.CommitFailed(failure.Message);
            return Refused(503, failure.Message);
        }
        catch (OverloadedException full)
        {
            return Refused(503, full.Message);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The client left while it waited to run.
            return new Ended(new RequestReply(request.RequestId, ReplyKind.Aborted, _services.NodeName), key?.Key);
        }
        catch (ResponseAbortedException)
        {
            return new Ended(new RequestReply(request.RequestId, ReplyKind.Aborted, _services.NodeName), key?.Key);
        }
        catch (Exception failure)
        {
            // Whatever it was, the client gets an answer and the session goes on.
            _services.Logger.RequestFailed(failure);
            return Refused(500, "The request failed in its session's home; see the log of the node.");
        }
        finally
        {
            session.ReleaseTurn();
        }

        Ended Refused(int status, string reason) =>
            new(new RequestReply(request.RequestId, ReplyKind.Refused, _services.NodeName, Status: status, Reason: reason), key?.Key);
    }

    private RequestStream StreamOf(RunRequest request, RequestSession session) => new(
        () => StreamConnector.ConnectAsync(request.Ticket),
        new StreamHello(request.Ticket.Secret, request.RequestId.Number, _services.Writer),
        head => GatewaySerializer.ToBytes(session.ReplyOf(head)));

    private void OnEnded(Ended ended)
    {
        _running--;
        if (ended.Key is { } key)
        {
            _runningKeys.Remove(key);
            _behind.ForEach(_queue.Enqueue);
            _behind.Clear();
        }

        if (ended.IsStreamed)
        {
            NoteStreamed(ended.Reply);
        }
        else
        {
            Reply(ended.Reply);
        }

        if (_session!.AccessIsDue)
        {
            // The request did not use the session, but its client is still there.
            _ = ReplicateAccessAsync(_session);
        }

        NoteUse();
        RunQueued();
    }

    private async Task ReplicateAccessAsync(LiveSession session)
    {
        try
        {
            await session.CommitAsync([], clears: false, request: null);
        }
        catch (SessionCommitException failure)
        {
            // The next request tries again; until then a failover would see the session less recently used.
            _services.Logger.CommitFailed(failure.Message);
        }
    }

    private void Reply(RequestReply reply) => _ledger.End(reply).Tell(reply);

    private void Refuse(RequestId id, string reason) =>
        Reply(new RequestReply(id, ReplyKind.Refused, _services.NodeName, Status: 503, Reason: reason));

    // ---- expiry and passivation ----

    private void ExpireNow()
    {
        if (IsIdle && _session is { Exists: true, IsExpired: true })
        {
            _running++;
            _session.EndAsync(SessionEndReason.Expired).PipeTo(Self, success: () => Expired.Instance, failure: _ => Expired.Instance);
        }
    }

    /// <summary>
    /// A home that was told to stop does so once nothing runs; one without a session leaves by itself, so that requests
    /// without a session cost no lasting entity.
    /// </summary>
    private void LeaveIfUseless()
    {
        if (!IsIdle)
        {
            return;
        }

        if (_isStopping)
        {
            Context.Stop(Self);
        }
        else if (_session is not { Exists: true })
        {
            Passivate();
        }
    }

    private void Passivate()
    {
        if (!_isPassivating)
        {
            _isPassivating = true;
            Context.Parent.Tell(new Passivate(Stop.Instance));
        }
    }

    /// <summary>A timer that is on its way is left alone: to start one anew for each request costs more than to look again.</summary>
    private void NoteUse()
    {
        _lastUse = _services.Time.GetTimestamp();
        if (_session is { Exists: true } && !_isTimed)
        {
            _isTimed = true;
            Timers.StartSingleTimer(nameof(Idle), Idle.Instance, _services.SessionOptions.PassivateAfter);
        }
    }

    private void OnIdle()
    {
        var left = _services.SessionOptions.PassivateAfter - _services.Time.GetElapsedTime(_lastUse);
        if (left > TimeSpan.Zero)
        {
            Timers.StartSingleTimer(nameof(Idle), Idle.Instance, left);
            return;
        }

        _isTimed = false;
        if (IsIdle)
        {
            Passivate();
        }
    }

    /// <summary>Hand-off and passivation: finish what runs, then stop. Unlike a poison pill it leaves no request behind.</summary>
    internal sealed class Stop
    {
        public static readonly Stop Instance = new();
    }

    /// <summary>Sent by the sweep on the session's home: end the session if no request has used it for the idle timeout.</summary>
    internal sealed record ExpireIfIdle(SessionId SessionId) : ISessionMessage;

    /// <summary>Makes the actor without reflection, for the same reason.</summary>
    private sealed class Producer(SessionServices services, SessionId id) : IIndirectActorProducer
    {
        public Type ActorType => typeof(SessionActor);

        public ActorBase Produce() => new SessionActor(services, id);

        public void Release(ActorBase actor)
        {
            // Nothing was taken from anywhere.
        }
    }

    private sealed class Idle
    {
        public static readonly Idle Instance = new();
    }

    private sealed record Recovered(SessionEntry? Entry);

    private sealed record RecoveryFailed(string Reason);

    /// <param name="Key">What the client called the request.</param>
    /// <param name="IsStreamed">The client has the answer, or the beginning of it; the reply is for whoever asks again.</param>
    private sealed record Ended(RequestReply Reply, Guid? Key = null, bool IsStreamed = false);

    /// <summary>The session's end is committed, or was not: then the next sweep tries again.</summary>
    private sealed class Expired
    {
        public static readonly Expired Instance = new();
    }
}
