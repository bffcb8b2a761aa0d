using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// One request's view of its session: what <c>HttpContext.Session</c> is. Reads see the state as it was at first use
/// plus the request's own changes; the changes are committed as a whole when the response starts.
/// </summary>
/// <remarks>
/// First use takes the session's turn (see <see cref="SessionAccess"/>). Like every ISession it belongs to one request
/// and is not thread-safe.
/// </remarks>
/// <param name="key">What the client calls the request, so that it is exactly-once; null where it does not.</param>
/// <param name="isInDoubt">The request may have run on a node that died: it runs only if it is exactly-once.</param>
internal sealed class RequestSession(
    LiveSession session, RequestId request, CancellationToken clientGone, IdempotencyKey? key = null, bool isInDoubt = false)
    : IRequestSession, ISession, IPomegranateSessionFeature, IEndpointFeature
{
    private readonly Dictionary<string, byte[]?> _changes = new(StringComparer.Ordinal);
    private IFeatureCollection? _features;
    private SessionAccess _access;
    private bool _used;
    private bool _holdsTurn;
    private long _turnTaken;
    private bool _turnMissed;
    private bool _sealed;
    private bool _committed;
    private bool _cleared;
    private bool _abandoned;
    private int _bytes;
    private SessionId? _renewed;

    /// <summary>The app's attributes at first use; our own, which sort first, are left out.</summary>
    private ReadOnlyMemory<SessionAttribute> _snapshot;
    private Endpoint? _endpoint;
    private bool _endpointIsExactlyOnce;

    ISession IRequestSession.Session => this;

    /// <summary>Always true: a session that cannot be read or written is an error, not an absence.</summary>
    public bool IsAvailable => true;

    /// <summary>The session's id, before it is established too; after <see cref="RenewIdAsync"/> the new one.</summary>
    public string Id => (_renewed ?? session.Id).ToString();

    /// <inheritdoc/>
    public string NodeName => session.NodeName;

    /// <inheritdoc/>
    public string? Version => session.Entry?.Version.ToString();

    /// <summary>What the client's cookie becomes; final once committed.</summary>
    public GatewayProtocol.CookieChange Cookie { get; private set; }

    /// <summary>The same, with the id of a session that exists already: the client of a request that is sent again may not have it yet.</summary>
    public GatewayProtocol.CookieChange CookieOrId =>
        Cookie.Action == GatewayProtocol.CookieAction.Keep && session.Exists ? Cookie with { Id = session.Id } : Cookie;

    /// <summary>
    /// By the client's word or the endpoint's. A request that never got its turn has done nothing that needs an outcome.
    /// </summary>
    public bool IsExactlyOnce => !_turnMissed && (key is not null || _endpointIsExactlyOnce);

    /// <summary>Whether it has to be found out before the app's code runs that the endpoint is exactly-once.</summary>
    public bool NeedsTrial => isInDoubt && key is null;

    /// <summary>The request was in doubt, its endpoint is not exactly-once, and nothing of the app has run.</summary>
    public bool IsTurnedAway { get; set; }

    /// <summary>
    /// Error pages run the pipeline again and have endpoints of their own: what the first one said of the request stays.
    /// </summary>
    Endpoint? IEndpointFeature.Endpoint
    {
        get => _endpoint;
        set
        {
            _endpoint = value;
            _endpointIsExactlyOnce |= value.IsExactlyOnce(_features?.Get<IHttpRequestFeature>()?.Method ?? "");
        }
    }

    /// <summary>Forgets the endpoint that a trial has found.</summary>
    public void ForgetEndpoint()
    {
        _endpoint = null;
        _endpointIsExactlyOnce = false;
    }

    public IEnumerable<string> Keys
    {
        get
        {
            Use();
            return [.. MemoryMarshal.ToEnumerable(_snapshot).Where(a => !a.IsRemoved && !_cleared && !_changes.ContainsKey(a.Key)).Select(a => a.Key)
                .Concat(_changes.Where(c => c.Value is not null).Select(c => c.Key))];
        }
    }

    /// <summary>Makes the session part of the request: the app finds it as the session and as our feature.</summary>
    public void Attach(IFeatureCollection features)
    {
        _features = features;
        features.Set<IPomegranateSessionFeature>(this);
        features.Set<IEndpointFeature>(this);
    }

    public async Task LoadAsync(CancellationToken cancellationToken = default)
    {
        if (_used)
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        BeginUse();
        if (_access == SessionAccess.Exclusive)
        {
            TurnTaken(await session.Turn.TakeAsync(session.Options.TurnTimeout, GiveUp).WaitAsync(cancellationToken));
        }

        ReadSnapshot();
        UndoFirstRun();
    }

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Use();
        value = Find(key);
        return value is not null;
    }

    public void Set(string key, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length > session.Options.MaxAttributeBytes)
        {
            throw new InvalidOperationException(
                $"Session attribute '{key}' has {value.Length} bytes and Pomegranate:Session:MaxAttributeBytes is {session.Options.MaxAttributeBytes}. "
                + "Store less, or raise the limit: every backend keeps a copy.");
        }

        if (LastRequest.IsReserved(key))
        {
            throw new ArgumentException("A session attribute's key must not begin with a NUL character: such keys are Pomegranate's own.", nameof(key));
        }

        UseForChange();
        var bytes = _bytes + SessionSize.Of(key, value) - SizeNow(key);
        if (bytes > session.Options.MaxSessionBytes)
        {
            throw new InvalidOperationException(
                $"With attribute '{key}' the session has {bytes} bytes and Pomegranate:Session:MaxSessionBytes is {session.Options.MaxSessionBytes}. "
                + "Store less, or raise the limit: every backend keeps a copy.");
        }

        _bytes = bytes;

        // The caller may go on using its array.
        _changes[key] = value.AsSpan().ToArray();
    }

    public void Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        UseForChange();
        _bytes -= SizeNow(key);
        if (!_cleared && InSnapshot(key) is not null)
        {
            _changes[key] = null;
        }
        else
        {
            _changes.Remove(key);
        }
    }

    public void Clear()
    {
        UseForChange();
        _changes.Clear();
        _bytes = 0;
        _cleared = true;
    }

    /// <summary>
    /// The app may commit early, to see the error itself; the server commits in any case. The end of this id waits for
    /// the server: the request is still in the session, and <c>UseSession()</c> commits after every request. So do the
    /// changes of an exactly-once request, which are committed with its outcome.
    /// </summary>
    async Task ISession.CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_committed && !IsExactlyOnce && _renewed is null && !_abandoned)
        {
            RefuseDoubt();
            await CommitChangesAsync(outcome: null);
        }
    }

    /// <summary>Moves the session to a fresh id when the response starts.</summary>
    public async Task RenewIdAsync()
    {
        await LoadAsync();
        UseForChange();
        _renewed ??= SessionId.NewRandom();
    }

    /// <summary>Ends the session when the response starts; until then it reads as empty.</summary>
    public async Task AbandonAsync()
    {
        await LoadAsync();
        UseForChange();
        Clear();
        _abandoned = true;
    }

    public void Seal()
    {
        _sealed = true;
        if (_abandoned)
        {
            Cookie = new(GatewayProtocol.CookieAction.Delete, session.Id);
        }
        else if (_renewed is not null || !session.Exists)
        {
            GiveCookie(_renewed ?? session.Id);
        }
    }

    public async Task CommitAsync(WebResponse? outcome)
    {
        try
        {
            if (!_committed && !IsTurnedAway)
            {
                RefuseDoubt();
                await CommitChangesAsync(IsExactlyOnce ? OutcomeOf(outcome) : null);
                if (_used)
                {
                    await session.StillAtHomeAsync();
                }
            }
        }
        finally
        {
            _committed = true;
            ReleaseTurn();
        }
    }

    /// <summary>Gives the turn up if the request ends without having committed.</summary>
    public void ReleaseTurn()
    {
        if (!_holdsTurn)
        {
            return;
        }

        _holdsTurn = false;
        var held = Stopwatch.GetElapsedTime(_turnTaken);
        if (held > session.Options.TurnWarning)
        {
            session.Logger.TurnHeldLong(held.TotalMilliseconds, EndpointName);
        }

        session.Turn.Release();
    }

    /// <summary>What is told of the request from now on, and to whoever asks again.</summary>
    public GatewayProtocol.RequestReply ReplyOf(WebResponse response) =>
        new(request, GatewayProtocol.ReplyKind.Response, NodeName, response, CookieOrId);

    private Outcome OutcomeOf(WebResponse? response)
    {
        var reply = ReplyOf(response ?? new WebResponse { StatusCode = StatusCodes.Status409Conflict, Headers = [] });
        return Outcome.Of(response is null ? Outcome.Unanswered(reply) : reply, key);
    }

    /// <summary>Routing has chosen another endpoint than the trial: then nothing is known of the first run.</summary>
    private void RefuseDoubt()
    {
        if (isInDoubt && !IsExactlyOnce && !_turnMissed)
        {
            throw new SessionCommitException(
                "The node that had this request died before it answered. It may have run, and its endpoint is not exactly-once: check its effect before you repeat it.");
        }
    }

    /// <summary>The client may come back for the outcome of an exactly-once request, so that one waits on.</summary>
    private CancellationToken GiveUp => IsExactlyOnce ? CancellationToken.None : clientGone;

    private string EndpointName => _features?.Get<IEndpointFeature>()?.Endpoint?.DisplayName
        ?? _features?.Get<IHttpRequestFeature>()?.Path
        ?? "(no endpoint)";

    /// <summary>
    /// This request's first run was committed, but its node died before the answer: it now runs on the session as it
    /// was before, and what the first run changed is part of its changes.
    /// </summary>
    private void UndoFirstRun()
    {
        if (session.Entry is { } entry && LastRequest.Undo(entry, request) is { } former)
        {
            foreach (var (key, value) in former)
            {
                _changes[key] = value;
            }
        }
    }

    private async Task CommitChangesAsync(Outcome? outcome)
    {
        if (_abandoned)
        {
            if (session.Exists)
            {
                await session.EndAsync(SessionEndReason.Abandoned, outcome);
            }

            Cookie = new(GatewayProtocol.CookieAction.Delete, session.Id);
        }
        else if (_renewed is { } newId)
        {
            await session.RenewAsync(newId, _changes, _cleared, outcome);
            GiveCookie(newId);
        }
        else if (outcome is not null || _changes.Count > 0 || (_cleared && session.Exists) || session.AccessIsDue)
        {
            var isNew = !session.Exists;
            await session.CommitAsync(_changes, _cleared, _changes.Count > 0 ? request : null, outcome);
            if (isNew)
            {
                GiveCookie(session.Id);
            }
        }
        else
        {
            return;
        }

        _changes.Clear();
        _cleared = false;
        if (_used)
        {
            ReadSnapshot();
        }
    }

    /// <summary>The response will carry the session's id, so no cache may keep it: the headers ASP.NET Core's session sets.</summary>
    private void GiveCookie(SessionId id)
    {
        Cookie = new(GatewayProtocol.CookieAction.Set, id);
        if (_features?.Get<IHttpResponseFeature>() is { HasStarted: false, Headers: var headers })
        {
            headers.CacheControl = "no-cache,no-store";
            headers.Pragma = "no-cache";
            headers.Expires = "-1";
        }
    }

    private void Use()
    {
        if (_used)
        {
            return;
        }

        BeginUse();
        if (_access == SessionAccess.Exclusive)
        {
            // Blocks only where another request has the turn. Waiting on a task tells the thread pool, which adds threads.
            TurnTaken(session.Turn.TryTake()
                || session.Turn.TakeAsync(session.Options.TurnTimeout, GiveUp).GetAwaiter().GetResult());
        }

        ReadSnapshot();
        UndoFirstRun();
    }

    private void UseForChange()
    {
        if (_committed || _sealed)
        {
            throw new InvalidOperationException(
                "The session cannot be changed after the response has started: its changes are committed before the first byte leaves. Change it earlier.");
        }

        Use();
        if (_access == SessionAccess.ReadOnly)
        {
            throw new InvalidOperationException(
                $"Endpoint '{EndpointName}' is marked SessionAccess.ReadOnly and cannot change the session. Mark it Exclusive or Concurrent.");
        }
    }

    private void BeginUse()
    {
        _used = true;

        // After the response has started nothing is changed, so a late read needs no turn.
        _access = _committed || _sealed
            ? SessionAccess.ReadOnly
            : _features?.Get<IEndpointFeature>()?.Endpoint?.Metadata.GetMetadata<SessionAccessAttribute>()?.Access ?? SessionAccess.Exclusive;
    }

    private void TurnTaken(bool taken)
    {
        _turnMissed = !taken;
        if (!taken)
        {
            _used = false;
            throw new BadHttpRequestException(
                $"The request waited {session.Options.TurnTimeout.TotalSeconds:0.#} s for its turn at the session (Pomegranate:Session:TurnTimeout). "
                + "Another request of the same session holds it: see the log for its endpoint.",
                StatusCodes.Status503ServiceUnavailable);
        }

        _holdsTurn = true;
        _turnTaken = Stopwatch.GetTimestamp();
    }

    private void ReadSnapshot()
    {
        var all = (session.Entry?.Attributes ?? []).AsMemory();
        var reserved = 0;
        while (reserved < all.Length && LastRequest.IsReserved(all.Span[reserved].Key))
        {
            reserved++;
        }

        _snapshot = all[reserved..];
        _bytes = 0;
        foreach (ref readonly var attribute in _snapshot.Span)
        {
            _bytes += attribute.IsRemoved ? 0 : SessionSize.Of(attribute.Key, attribute.Value);
        }
    }

    private byte[]? Find(string key) => _changes.TryGetValue(key, out var changed) ? changed : _cleared ? null : InSnapshot(key);

    private byte[]? InSnapshot(string key)
    {
        var index = _snapshot.Span.BinarySearch(new KeyOrder(key));
        return index >= 0 ? _snapshot.Span[index].Value : null;
    }

    private int SizeNow(string key) => Find(key) is { } value ? SessionSize.Of(key, value) : 0;

    private readonly struct KeyOrder(string key) : IComparable<SessionAttribute>
    {
        public int CompareTo(SessionAttribute other) => string.CompareOrdinal(key, other.Key);
    }
}
