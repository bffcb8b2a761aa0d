using Akka.Actor;
using Akka.Cluster.Sharding;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions.Late;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
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
    private readonly SessionServices _services;
    private readonly SessionId _id;
    private readonly RequestQueue _queue;
    private readonly SessionRequests _requests;
    private readonly LateChanges _late;

    /// <summary>Null while it does not run.</summary>
    private SessionRecovery? _recovery;

    /// <summary>Null until the session is open, as are its answers.</summary>
    private LiveSession? _session;
    private CommittedAnswers? _answers;

    /// <summary>Null where there has been no session: such a home leaves at once.</summary>
    private IdleTimer? _idle;
    private bool _isPassivating;
    private bool _isStopping;
    private bool _isLooking;
    private bool _endIsTold;

    /// <summary>The last that another backend has written as the session's home.</summary>
    private SessionVersion _takenBy;

    public SessionActor(SessionServices services, SessionId id)
    {
        _services = services;
        _id = id;
        _queue = new RequestQueue(services.SessionOptions);
        _requests = new SessionRequests(services, _queue);
        _late = new LateChanges(services, _queue, Self);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private bool IsIdle => _queue.IsEmpty && _recovery is null;

    public static Props Props(SessionServices services, string entityId) => SessionId.TryParse(entityId, out var id)
        ? Akka.Actor.Props.CreateBy(new SessionActorProducer(services, id))
        : throw new ArgumentException($"'{entityId}' is not a session id.", nameof(entityId));

    protected override void PreStart()
    {
        // A guest is no home: what changes the session late goes to that.
        if (!_services.IsGuest)
        {
            _services.Actors.Started(_id, Self);
        }
    }

    protected override void PostStop()
    {
        if (!_services.IsGuest)
        {
            _services.Actors.Stopped(_id, Self);
        }

        _requests.Close();
        _session?.Close();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CancelRequest cancel:
                _requests.Cancel(cancel.RequestId);
                LeaveIfUseless();
                break;
            case RunRequest run when _services.BelongsElsewhere(run):
                Sender.Tell(new RequestReply(run.RequestId, ReplyKind.Elsewhere, _services.NodeName));
                LeaveIfUseless();
                break;
            case Stop:
                _isStopping = true;
                _services.Actors.Stopping(_id, Self);
                LeaveIfUseless();
                break;
            case Taken taken:
                OnTaken(taken.Version);
                break;
            case LateChange change when _isStopping:
                _late.PassOn(change, Sender);
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
            case RunRequest request when !_requests.Accept(request, Sender, _isStopping):
                break;
            case RunRequest { IsFreshId: true, IsInDoubt: false } when _recovery is null && _takenBy == default:
                // The frontend made the id for this request: nobody can hold anything of it, unless it has been elsewhere first.
                Open(null, _services.Replica.Views);
                break;
            case RunRequest:
                Recover();
                break;
            case ExpireIfIdle:
                // Thousands may end together: what is to end needs no claim.
                _recovery ??= SessionRecovery.Start(_services, _id, Self, isClaim: false);
                break;
            case FindRequest find when !_requests.TryRepeat(find.RequestId, Sender):
                Recover().Await(find.RequestId, Sender);
                break;
            case FindRequest:
                break;
            case LateChange change:
                _late.Await(change, Sender);
                Recover();
                break;
            case SessionRecovery.Recovered { Of: var of } when of != _recovery:
            case SessionRecovery.Failed { Of: var failing } when failing != _recovery:
                // Of this actor before it failed and was started anew.
                break;
            case SessionRecovery.Recovered recovered when !_recovery!.IsClaim && !IsToEnd(recovered.Entry):
                ClaimOrLeave();
                break;
            case SessionRecovery.Recovered recovered:
                _services.Logger.Recovered();
                Open(recovered.Entry, recovered.Views);
                break;
            case SessionRecovery.Failed failed:
                OnRecoveryFailed(failed.Reason);
                break;
            case RequestRun.Ended ended:
                // It has run on what this home knew before it had to read the session again.
                _requests.End(ended);
                RecoverOrLeave();
                break;
            case LateChanges.Ended late:
                _late.End(late);
                RecoverOrLeave();
                break;
            case Look:
                _isLooking = false;
                break;
            case Expired:
                _queue.Leave();
                RecoverOrLeave();
                break;
            case IdleTimer.Idle:
                OnIdle();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private SessionRecovery Recover() => _recovery ??= SessionRecovery.Start(_services, _id, Self, isClaim: true);

    private bool IsToEnd(SessionEntry? entry) =>
        !_queue.HasWaiting && !_recovery!.HasAskers && !_late.HasWaiting && entry is { IsRemoved: false }
        && entry.LastAccess + (long)_services.SessionOptions.IdleTimeout.TotalMilliseconds < _services.Clock.Now;

    private void ClaimOrLeave()
    {
        if (_queue.HasWaiting || _recovery!.HasAskers || _late.HasWaiting)
        {
            _recovery = _recovery!.Claim(_services, _id, Self);
        }
        else
        {
            _recovery = null;
            LeaveIfUseless();
        }
    }

    private void OnRecoveryFailed(string reason)
    {
        _services.Logger.RecoveryFailed(reason);

        // Those who ask after a request ask again.
        _recovery = null;
        _requests.RefuseAll(reason);
        _late.RefuseAll(reason);
        LeaveIfUseless();
    }

    private void Open(SessionEntry? entry, int views)
    {
        _session = new LiveSession(_services, _id, entry, isRead: _recovery is not null) { EndIsTold = _endIsTold, LookedAt = views };
        _answers = new CommittedAnswers(_services, _session, entry);
        NoteUse();
        _recovery?.TellAskers(_answers);
        _recovery = null;
        if (IsTaken)
        {
            GiveUp();
            return;
        }

        _late.Begin(_session);
        RunQueued();
        ExpireNow();
    }

    /// <summary>
    /// After a change of which nobody knows whether it is stored: those who wait run on what the replicas say of it. Those who
    /// run already may not change the session any more.
    /// </summary>
    private void ReadAgainIfInDoubt()
    {
        if (IsTaken)
        {
            GiveUp();
            return;
        }

        if (_session is not { IsInDoubt: true } session)
        {
            return;
        }

        session.Close();
        _endIsTold = session.EndIsTold;
        _session = null;
        _answers = null;
        RecoverOrLeave();
    }

    /// <summary>Who waits needs the session; and of one whose end the app was told, the end is to be tried again.</summary>
    private void RecoverOrLeave()
    {
        if (_queue.HasWaiting || (_endIsTold && !_isStopping))
        {
            Recover();
        }
        else
        {
            LeaveIfUseless();
        }
    }

    // ---- Open: requests run ----

    private void OnReceiveOpen(object message)
    {
        switch (message)
        {
            case RunRequest request when _requests.Accept(request, Sender, _isStopping, isTooLate: _session!.IsFormer):
                Continue();
                break;
            case RunRequest:
                break;
            case FindRequest find when !_requests.TryRepeat(find.RequestId, Sender):
                Sender.Tell(_answers!.Found(find.RequestId));
                LeaveIfUseless();
                break;
            case FindRequest:
                break;
            case RequestRun.Ended ended:
                OnEnded(ended);
                break;
            case LateChange change when IsTaken:
                GiveUp();
                _late.PassOn(change, Sender);
                break;
            case LateChange change when _session!.IsInDoubt:
                _late.Await(change, Sender);
                ReadAgainIfInDoubt();
                Recover();
                break;
            case LateChange change:
                _late.Begin(_session!, change, Sender);
                break;
            case LateChanges.Ended late:
                _late.End(late);
                NoteUse();
                Continue();
                break;
            case Look:
                _isLooking = false;
                Continue();
                break;
            case ExpireIfIdle:
                ExpireNow();
                break;
            case Expired:
                _queue.Leave();
                Continue();
                break;
            case IdleTimer.Idle:
                OnIdle();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>Runs who may run, on what is known of the session.</summary>
    private void Continue()
    {
        ReadAgainIfInDoubt();
        if (_session is not null)
        {
            RunQueued();
        }
    }

    private void RunQueued()
    {
        while (_requests.TryBegin(_answers!, out var run))
        {
            _session!.Touch();
            run.RunAsync(_services, _session).PipeTo(Self);
        }

        if (_queue.HasWaiting && !_isLooking)
        {
            // Some of those that run may turn out not to use the session; they say so to nobody.
            _isLooking = true;
            Timers.StartSingleTimer(nameof(Look), Look.Instance, RequestPlace.Undecided);
        }

        LeaveIfUseless();
    }

    private void OnEnded(RequestRun.Ended ended)
    {
        _requests.End(ended);
        if (_session!.AccessIsDue && !_services.IsGuest)
        {
            // The request did not use the session, but its client is still there.
            _ = ReplicateAccessAsync(_session);
        }

        NoteUse();
        Continue();
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

    // ---- expiry and passivation ----

    private void ExpireNow()
    {
        if (IsIdle && !_services.IsGuest && _session is { Exists: true, IsExpired: true })
        {
            _queue.Enter();
            _session.EndAsync(SessionEndReason.Expired).PipeTo(Self, success: () => Expired.Instance, failure: _ => Expired.Instance);
        }
    }

    private bool IsTaken => _session is { } session && (session.IsTaken || _takenBy.Ballot > session.Ballot);

    private void OnTaken(SessionVersion version)
    {
        _takenBy = SessionVersion.Max(_takenBy, version);
        if (IsTaken)
        {
            GiveUp();
        }
    }

    /// <summary>
    /// Two backends took themselves for the session's home, and another was the last to say so. What waits goes to whichever the
    /// coordinator names; if that is this one, who comes next makes it read the session again.
    /// </summary>
    private void GiveUp()
    {
        _services.Logger.HomeTaken(_takenBy, _session!.Ballot);
        _session.Take();
        _session.Close();
        _session = null;
        _answers = null;
        _endIsTold = false;
        _services.Replica.GiveUp(_id);
        _services.Actors.AskAnew(_id);
        _services.Actors.Stopping(_id, Self);
        _requests.ReturnAll();
        _late.PassAllOn();
        LeaveIfUseless();
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
        else if (_services.IsGuest || _session is not { Exists: true })
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

    private void NoteUse()
    {
        if (!_services.IsGuest && _session is { Exists: true })
        {
            (_idle ??= new IdleTimer(Timers, _services)).NoteUse();
        }
    }

    private void OnIdle()
    {
        if (_idle!.IsUp() && IsIdle)
        {
            Passivate();
        }
    }

    /// <summary>Hand-off and passivation: finish what runs, then stop. Unlike a poison pill it leaves no request behind.</summary>
    internal sealed class Stop
    {
        public static readonly Stop Instance = new();
    }

    /// <summary>Another backend has become the session's home, by this version.</summary>
    internal sealed record Taken(SessionVersion Version);

    /// <summary>Sent by the sweep on the session's home: end the session if no request has used it for the idle timeout.</summary>
    internal sealed record ExpireIfIdle(SessionId SessionId) : ISessionMessage;

    /// <summary>Whether one more of the requests that wait may run by now.</summary>
    private sealed class Look
    {
        public static readonly Look Instance = new();
    }

    /// <summary>The session's end is committed, or was not: then the next sweep tries again.</summary>
    private sealed class Expired
    {
        public static readonly Expired Instance = new();
    }
}
