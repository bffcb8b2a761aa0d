using Akka.Actor;
using Microsoft.Extensions.Logging;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sessions.Turns;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// A session at its home: the committed state all its requests see, whose turn it is, and the way to commit. Shared by
/// the session's actor and the requests it runs. Thread-safe.
/// </summary>
internal sealed class LiveSession
{
    private readonly SessionServices _services;
    private readonly Lock _lock = new();

    /// <summary>Commits that are under way are taken along when the session moves to another id, and further ones wait.</summary>
    private readonly CommitGate _gate = new();
    private int _lookedAt;
    private readonly SessionAttribute _inherited;
    private SessionTurn? _turn;
    private uint _sequence;
    private ulong _nextOutcome;
    private SessionEntry? _entry;
    private long _lastAccess;
    private volatile bool _endIsTold;
    private bool _hasEnded;
    private volatile bool _isInDoubt;
    private volatile bool _isTaken;
    private volatile bool _isClosed;
    private SessionId? _renewedTo;
    private long? _formerUntil;

    /// <param name="known">
    /// What the replicas knew of it, claimed for this home (<see cref="SessionEntry.ClaimedBy"/>) unless it is a guest's or to end; null for a
    /// session that does not exist yet.
    /// </param>
    /// <param name="isRead">The replicas were asked: where they knew nothing, one that never asked may still turn up with the first epoch.</param>
    public LiveSession(SessionServices services, SessionId id, SessionEntry? known, bool isRead = false)
    {
        var recovered = known is { IsRemoved: false } ? known : null;
        _formerUntil = FormerId.Until(known, services.SessionOptions);
        _services = services;
        Id = id;
        _entry = recovered;
        IsAtHomeElsewhere = services.IsGuest && recovered is not null;
        Ballot = recovered is null ? new((known?.Version.Epoch ?? (isRead ? 1u : 0u)) + 1, 0, services.Writer)
            : recovered.IsClaim && recovered.Version.Writer == services.Writer ? recovered.Version
            : new(recovered.Version.Epoch + 1, 0, services.Writer);
        _lastAccess = recovered?.LastAccess ?? Now;
        _nextOutcome = Outcomes.Next(recovered);
        _inherited = recovered is { Attributes: [{ Key: LastRequest.Key } last, ..] } ? last : default;
    }

    public SessionId Id { get; }

    /// <summary>This node is not the session's home, and only its home may change it.</summary>
    public bool IsAtHomeElsewhere { get; }

    /// <summary>Made at the first use: a request without a session has a home of its own, and needs none.</summary>
    public SessionTurn Turn
    {
        get
        {
            lock (_lock)
            {
                return _turn ??= new SessionTurn(_services.Time, _services.SessionOptions);
            }
        }
    }

    public ClusterSessionOptions Options => _services.SessionOptions;

    public string NodeName => _services.NodeName;

    public SessionCookie Cookie => _services.Cookie;

    public ILogger Logger => _services.Logger;

    /// <summary>The committed state; null before the first commit of a new session.</summary>
    public SessionEntry? Entry
    {
        get
        {
            lock (_lock)
            {
                return _entry;
            }
        }
    }

    /// <summary>
    /// What the session was before a request whose commit was the last at the session's earlier home, and which may be sent again
    /// after others have changed the session here; null for any other.
    /// </summary>
    public IReadOnlyCollection<KeyValuePair<string, byte[]?>>? BeforeInherited(RequestId request) => LastRequest.Done(_inherited, request);

    /// <summary>Whether the session was abandoned, renewed under another id, or has expired.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_lock)
            {
                return _hasEnded;
            }
        }
    }

    public bool Exists => Entry is not null && !HasEnded;

    /// <summary>Whether the session has lately moved to another id: see <see cref="FormerId"/>.</summary>
    public bool IsFormer
    {
        get
        {
            lock (_lock)
            {
                return _formerUntil > Now;
            }
        }
    }

    /// <summary>
    /// The id that the session has here moved to, for as long as the changes of those who were here before follow it. What they
    /// see is <see cref="Entry"/>: <see cref="FormerId.ViewOf"/>.
    /// </summary>
    public SessionId? FollowedTo
    {
        get
        {
            lock (_lock)
            {
                return _formerUntil > Now ? _renewedTo : null;
            }
        }
    }

    /// <summary>Whether this is no longer the session's home: what is here may be old.</summary>
    public bool IsClosed => _isClosed;

    public TimeProvider Time => _services.Time;

    /// <summary>
    /// Whether a change could not be committed. It may be on replicas all the same, and another home may have answered by it: who
    /// went on from what was before would overwrite it. So nothing more is committed here, and the session is read again.
    /// </summary>
    public bool IsInDoubt => _isInDoubt || _isTaken;

    /// <summary>Another backend has become the session's home.</summary>
    public bool IsTaken => _isTaken;

    /// <summary>In whose name this home writes: what another's write is compared with.</summary>
    public SessionVersion Ballot { get; }

    /// <summary>The app has been told of the session's end, which was not committed: it is not told again.</summary>
    public bool EndIsTold
    {
        get => _endIsTold;
        init => _endIsTold = value;
    }

    /// <summary>The home has stopped, or has read the session again.</summary>
    public void Close() => _isClosed = true;

    /// <summary>The session as the replicas know it, at whichever home.</summary>
    public Task<SessionEntry?> RecoverAsync(SessionId id) => _services.Replica.RecoverAsync(id);

    /// <summary>A session's home now, on this node or another.</summary>
    public IActorRef HomeOf(SessionId id) => _services.Actors.HomeOf(id);

    /// <summary>The views (<see cref="ReplicaClient.Views"/>) up to which what is known has been compared with what this node's replica holds.</summary>
    public required int LookedAt
    {
        get => Volatile.Read(ref _lookedAt);
        init => _lookedAt = value;
    }

    private long Now => _services.Clock.Now;

    /// <summary>Notes that a request uses the session now.</summary>
    public void Touch()
    {
        lock (_lock)
        {
            _lastAccess = Math.Max(_lastAccess, Now);
        }
    }

    public bool IsExpired
    {
        get
        {
            lock (_lock)
            {
                return _lastAccess + (long)Options.IdleTimeout.TotalMilliseconds < Now;
            }
        }
    }

    /// <summary>Whether the replicas' idea of the last use is older than it may be.</summary>
    public bool AccessIsDue
    {
        get
        {
            lock (_lock)
            {
                return _entry is not null && !_hasEnded
                    && _lastAccess - _entry.LastAccess > Options.IdleTimeout.TotalMilliseconds * Options.AccessReplicationFraction;
            }
        }
    }

    /// <summary>Commits changes; the session exists afterwards. What others see changes only when a quorum has it.</summary>
    /// <param name="changes">By key; a null value removes.</param>
    /// <param name="clears">Whether everything older is swept away first.</param>
    /// <param name="request">The request that makes them; null where nothing but the last access is replicated.</param>
    /// <param name="outcome">What came of the request, if it is exactly-once; it needs no undoing then.</param>
    /// <param name="isEarly">The request goes on.</param>
    /// <returns>What the changed attributes have now.</returns>
    public async Task<SessionVersion> CommitAsync(
        IReadOnlyCollection<KeyValuePair<string, byte[]?>> changes, bool clears, RequestId? request, Outcome? outcome = null, bool isEarly = false)
    {
        using var entered = await _gate.EnterAsync();
        SessionEntry delta;
        SessionEntry? before;
        var attributes = new List<SessionAttribute>(changes.Count + 1);
        lock (_lock)
        {
            RefuseIfEnded();
            if (_entry is null && _services.Replica.LiveSessions >= Options.MaxSessions)
            {
                throw new Server.SessionCommitException(
                    $"The cluster holds {_services.Replica.LiveSessions} live sessions and Pomegranate:Session:MaxSessions is {Options.MaxSessions}. "
                    + "Raise it where there is memory, or shorten Pomegranate:Session:IdleTimeout.");
            }

            var version = NextVersion();

            // A clear sweeps what came before it, not what comes with it: its own version is the one just before.
            var cleared = clears && _entry is not null ? _entry.Version : default;
            if (outcome is not null)
            {
                attributes.AddRange(WithOutcome(outcome, version, moves: clears));
            }
            else if (clears)
            {
                attributes.AddRange(OutcomesAt(version));
            }
            else if (request is { } id)
            {
                attributes.Add(LastRequest.Attribute(id, version, _entry, changes, isEarly));
            }

            foreach (var (key, value) in changes)
            {
                attributes.Add(new(key, version, value));
            }

            delta = SessionEntry.Live(version, cleared, _lastAccess, attributes);
            before = _entry;
        }

        await StoreAsync(delta, before, isUseOnly: attributes.Count == 0 && !clears);
        lock (_lock)
        {
            _entry = _entry is null ? delta : _entry.Merge(delta);
        }

        return delta.Version;
    }

    /// <summary>
    /// Ends the session everywhere. The app is told first, and once: if this node dies before the end is committed, the
    /// session lives on at its next home, which tells it again.
    /// </summary>
    /// <param name="outcome">What came of the request that ends it, if it is exactly-once.</param>
    public async Task EndAsync(SessionEndReason reason, Outcome? outcome = null)
    {
        RefuseIfInDoubt();
        bool tell;
        lock (_lock)
        {
            tell = !_endIsTold;
            _endIsTold = true;
        }

        if (tell)
        {
            await _services.OnEnded(new SessionEnded(PublicSessionId.Of(Id), reason));
        }

        await StoreAsync(Tombstone(outcome));
        MarkEnded();
    }

    /// <summary>
    /// Begins a session with the same attributes, changes included, under a fresh id, and then ends this one. Not at once: were it
    /// in doubt whether both are stored, the client could be left with an id that has ended and no other. Of a session that has
    /// moved already, those who were here before may move what they have seen of it, each to an id of its own.
    /// </summary>
    /// <param name="outcome">What came of the request, if it is exactly-once: found under the old id and the new one.</param>
    public async Task RenewAsync(SessionId newId, IReadOnlyCollection<KeyValuePair<string, byte[]?>> changes, bool clears, Outcome? outcome = null)
    {
        // Those that take no turn commit beside this: what they commit to the old id would be lost.
        using var alone = await _gate.EnterAloneAsync();
        SessionEntry renewed;
        lock (_lock)
        {
            RefuseIfInDoubt();
            var version = new SessionVersion(1, 1, _services.Writer);
            var kept = _entry is null || clears || (_hasEnded && FollowedTo is null) ? [] : _entry.Attributes.Where(a => !a.IsRemoved && !LastRequest.IsReserved(a.Key) && changes.All(c => c.Key != a.Key));
            renewed = SessionEntry.Live(version, default, _lastAccess,
                kept.Select(a => a with { Version = version })
                    .Concat(changes.Where(c => c.Value is not null).Select(c => new SessionAttribute(c.Key, version, c.Value)))
                    .Concat(outcome is null ? OutcomesAt(version) : WithOutcome(outcome, version, moves: true)));
        }

        await _services.Replica.CommitAsync(newId, renewed);
        if (!HasEnded && (Entry is not null || outcome is not null))
        {
            await StoreAsync(Tombstone(outcome, isFormer: !clears));
        }

        lock (_lock)
        {
            if (!clears && !_hasEnded)
            {
                _renewedTo = newId;
                _formerUntil = Now + (long)Options.RenewalGrace.TotalMilliseconds;
                _entry = FormerId.ViewOf(_entry, changes, renewed.Version);
            }

            _hasEnded = true;
        }
    }

    /// <summary>Somebody who was here before the session moved has changed it: the next one here sees that.</summary>
    /// <param name="version">What that has at the session's home.</param>
    public void FollowedBy(IReadOnlyCollection<KeyValuePair<string, byte[]?>> changes, bool clears, SessionVersion version)
    {
        lock (_lock)
        {
            _entry = FormerId.ViewAfter(_entry, changes, clears, version);
        }
    }

    /// <summary>Completes when this was still the session's home after what has been read and committed.</summary>
    /// <param name="hasCommitted">Something has been committed just now: who acknowledged that knows of no other home.</param>
    /// <exception cref="Server.SessionCommitException">It cannot be found out, or is not.</exception>
    public Task StillAtHomeAsync(bool hasCommitted = false)
    {
        if (hasCommitted)
        {
            return _services.Lease.HeldAsync();
        }

        RefuseIfTaken();
        return LookedAt == _services.Replica.Views && !_isClosed ? _services.Lease.HeldAsync() : LookAsync();
    }

    /// <summary>Since this home has looked there is another view; and what its members gave may say that the session has a later home.</summary>
    private async Task LookAsync()
    {
        var views = _services.Replica.Views;
        if (!_services.IsGuest && await _services.Replica.FindHereAsync(Id) is { } here && here.Version.Ballot > Ballot)
        {
            _isTaken = true;
            RefuseIfTaken();
        }

        Volatile.Write(ref _lookedAt, views);
        await _services.Lease.HeldAsync();
    }

    /// <summary>Another backend has become the session's home: nothing more is answered or committed here.</summary>
    public void Take() => _isTaken = true;

    /// <param name="isUseOnly">That it was used is all that is stored: whether that survives does not matter.</param>
    /// <param name="before">What the session was, whole, where the entry is a delta.</param>
    private async Task StoreAsync(SessionEntry entry, SessionEntry? before = null, bool isUseOnly = false)
    {
        RefuseIfInDoubt();
        try
        {
            await _services.Replica.CommitAsync(Id, entry, before);
        }
        catch (Exception failure) when (!isUseOnly || failure is Server.SessionCommitException { IsTaken: true })
        {
            _isInDoubt = true;
            _isTaken |= failure is Server.SessionCommitException { IsTaken: true };
            throw;
        }
    }

    private void RefuseIfTaken()
    {
        if (_isTaken)
        {
            throw new Server.SessionCommitException(
                "Another backend has become the session's home while the request ran. Nothing that it would have stored now is stored. Try again.") { IsTaken = true };
        }
    }

    private void RefuseIfInDoubt()
    {
        RefuseIfTaken();
        if (_isInDoubt)
        {
            throw new Server.SessionCommitException(
                "Nothing of this request is stored: a change of the session before it may or may not have survived, and the session is being read again. Try again.");
        }
    }

    private void RefuseIfEnded()
    {
        if (_hasEnded)
        {
            throw new Server.SessionCommitException("The session has ended: it was abandoned or its id renewed by another request.");
        }
    }

    /// <summary>The outcomes so far: a clear does not sweep them away, and a renewal takes them along.</summary>
    private IEnumerable<SessionAttribute> OutcomesAt(SessionVersion version) =>
        (_entry?.Attributes ?? []).Where(a => Outcomes.IsKey(a.Key)).Select(a => a with { Version = version });

    /// <param name="moves">Whether the outcomes so far must be committed anew.</param>
    private IEnumerable<SessionAttribute> WithOutcome(Outcome outcome, SessionVersion version, bool moves)
    {
        var added = Outcomes.Add(_entry, outcome with { Number = _nextOutcome++ }, version, Options).ToList();
        return moves ? added.Concat(OutcomesAt(version)).DistinctBy(a => a.Key) : added;
    }

    private SessionEntry Tombstone(Outcome? outcome = null, bool isFormer = false)
    {
        lock (_lock)
        {
            // Never before the last access: see SessionBucket.
            var version = NextVersion();
            var last = outcome is null ? [] : Outcomes.Add(null, outcome, version, Options);
            return SessionEntry.Removed(version, Math.Max(Now, _lastAccess), isFormer ? last.Append(FormerId.Mark(version)) : last);
        }
    }

    private void MarkEnded()
    {
        lock (_lock)
        {
            _hasEnded = true;
        }
    }

    private SessionVersion NextVersion() => Ballot with { Sequence = ++_sequence };
}
