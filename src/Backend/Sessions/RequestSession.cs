using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Backend.Server;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

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
/// <param name="isRepeat">The same, but its method is idempotent: it runs unless the app says that this one never runs twice.</param>
/// <param name="isInDoubt">The request may have run on a node that died: it runs only if it is exactly-once.</param>
internal sealed class RequestSession(
    LiveSession session, RequestId request, CancellationToken clientGone, IdempotencyKey? key = null, bool isInDoubt = false, bool isRepeat = false)
    : IRequestSession, ISession, IPomegranateSessionFeature, IEndpointFeature
{
    private readonly SessionChanges _changes = new();
    private RequestEndpoint _endpoint;
    private RequestTurn _turn;
    private SessionAccess _access;
    private bool _used;
    private bool _sealed;
    private bool _committed;
    private string? _publicId;

    /// <summary>The values the app has been given in this request.</summary>
    private Dictionary<string, byte[]>? _given;

    /// <summary>What the commits so far make of the client's cookie, and what of it is in the response.</summary>
    private CookieChange _cookie;
    private CookieChange _written;

    ISession IRequestSession.Session => this;

    /// <summary>Always true: a session that cannot be read or written is an error, not an absence.</summary>
    public bool IsAvailable => true;

    /// <summary>
    /// The session's id, before it is established too; after <see cref="RenewIdAsync"/> the new one. Not the cookie's value,
    /// which is a secret: apps write this one into logs.
    /// </summary>
    public string Id => _publicId ??= PublicSessionId.Of(_changes.NewId ?? session.Id);

    /// <inheritdoc/>
    public string NodeName => session.NodeName;

    /// <inheritdoc/>
    public string? Version => session.Entry?.Version.ToString();

    /// <summary>
    /// By the client's word or the endpoint's. A request that never got its turn has done nothing that needs an outcome.
    /// </summary>
    public bool IsExactlyOnce => !_turn.WasMissed && (IsKeyed || _endpoint.IsExactlyOnce);

    /// <summary>Whether it has to be found out before the app's code runs that the endpoint is exactly-once.</summary>
    public bool NeedsTrial => isRepeat || (isInDoubt && !(key is not null && session.Options.IdempotencyKeys));

    /// <summary>Whether it may run although it may have run, as far as its endpoint is known.</summary>
    public bool MayRunAgain(PathString path) => isRepeat
        ? !_endpoint.IsNeverRepeated && !session.Options.NeverRepeatPaths.Any(never => path.Equals(never))
        : IsExactlyOnce;

    /// <summary>Whether the client's key counts: everywhere, or at this endpoint.</summary>
    private bool IsKeyed => key is not null && (session.Options.IdempotencyKeys || _endpoint.HeedsKeys);

    /// <summary>The endpoint that is chosen is only tried out.</summary>
    public bool IsOnTrial { get; set; }

    /// <summary>The request was in doubt, its endpoint is not exactly-once, and nothing of the app has run.</summary>
    public bool IsTurnedAway { get; set; }

    Endpoint? IEndpointFeature.Endpoint
    {
        get => _endpoint.Chosen;
        set
        {
            _endpoint.Chosen = value;
            RefuseEndpoint();
        }
    }

    /// <summary>The client may come back for the outcome of an exactly-once request, so that one waits on.</summary>
    private CancellationToken GiveUp => IsExactlyOnce ? CancellationToken.None : clientGone;

    /// <summary>Forgets the endpoint that a trial has found.</summary>
    public void ForgetEndpoint() => _endpoint.Forget();

    /// <summary>Makes the session part of the request: the app finds it as the session and as our feature.</summary>
    public void Attach(IFeatureCollection features)
    {
        _endpoint = new RequestEndpoint(features);
        features.Set<IPomegranateSessionFeature>(this);
        features.Set<IEndpointFeature>(this);
    }

    // ---- the app reads and changes it ----

    public IEnumerable<string> Keys
    {
        get
        {
            Use();
            return _changes.Keys;
        }
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
            TurnTaken(session.Turn.TryTake() || await WaitForTurnAsync(cancellationToken));
        }

        ReadAtFirstUse();
    }

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Use();

        // The app may do with it what it likes: the session, its other requests and what is still to be sent have theirs. In
        // one request it is the same array each time, as with ASP.NET Core's own session.
        if (_given is null || !_given.TryGetValue(key, out value))
        {
            value = _changes.Find(key)?.AsSpan().ToArray();
            if (value is not null)
            {
                (_given ??= new(StringComparer.Ordinal))[key] = value;
            }
        }

        return value is not null;
    }

    public void Set(string key, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        SessionChanges.RefuseUnfit(key, value, session.Options);
        UseForChange();
        _changes.Set(key, value, session.Options);
        _given?.Remove(key);
    }

    public void Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        UseForChange();
        _changes.Remove(key);
        _given?.Remove(key);
    }

    public void Clear()
    {
        UseForChange();
        _changes.Clear();
        _given = null;
    }

    /// <summary>Moves the session to a fresh id when the response starts.</summary>
    public async Task RenewIdAsync()
    {
        await LoadAsync();
        UseForChange();
        _changes.RenewId();
        _publicId = null;
    }

    /// <summary>Ends the session when the response starts; until then it reads as empty.</summary>
    public async Task AbandonAsync()
    {
        await LoadAsync();
        UseForChange();
        _changes.Abandon();
        _given = null;
    }

    /// <summary>
    /// The app may commit early, to see the error itself; the server commits in any case. The end of this id waits for
    /// the server: the request is still in the session, and <c>UseSession()</c> commits after every request. So do the
    /// changes of an exactly-once request, which are committed with its outcome.
    /// </summary>
    async Task ISession.CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!_committed && !IsExactlyOnce && _changes is { NewId: null, IsAbandoned: false })
        {
            RefuseDoubt();
            Committed(await SessionCommit.CommitAsync(session, _changes, request, outcome: null));
        }
    }

    // ---- first use: the session's turn ----

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
            TurnTaken(session.Turn.TryTake() || RequestTurn.WaitAsync(session, GiveUp).GetAwaiter().GetResult());
        }

        ReadAtFirstUse();
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
                $"Endpoint '{_endpoint.Name}' is marked SessionAccess.ReadOnly and cannot change the session. Mark it Exclusive or Concurrent.");
        }
    }

    private void BeginUse()
    {
        _used = true;

        // After the response has started nothing is changed, so a late read needs no turn.
        _access = _committed || _sealed ? SessionAccess.ReadOnly : _endpoint.Access;
    }

    /// <summary>Who gives up leaves the line: a turn that nobody waits for any more would never be given on.</summary>
    private async Task<bool> WaitForTurnAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(GiveUp, cancellationToken);
        try
        {
            return await RequestTurn.WaitAsync(session, either.Token);
        }
        catch (OperationCanceledException)
        {
            _used = false;
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    private void TurnTaken(bool taken)
    {
        _used = taken;
        _turn.Taken(taken, session);
    }

    private void ReadAtFirstUse()
    {
        _changes.StartFrom(session.Entry);
        if (session.Entry is { } entry && LastRequest.Undo(entry, request) is { } former)
        {
            _changes.Undo(former);
        }
    }

    // ---- the response starts: the commit ----

    public void Seal()
    {
        _sealed = true;
        Give(SessionCommit.CookieAfter(session, _changes));
        WriteCookie();
    }

    public async Task CommitAsync(WebResponse? outcome)
    {
        try
        {
            if (!_committed && !IsTurnedAway)
            {
                RefuseDoubt();
                Committed(await SessionCommit.CommitAsync(session, _changes, request, IsExactlyOnce ? OutcomeOf(outcome) : null));
                if (_used)
                {
                    await session.StillAtHomeAsync();
                }

                WriteCookie();
            }
        }
        finally
        {
            _committed = true;
            ReleaseTurn();
        }
    }

    /// <summary>Gives the turn up if the request ends without having committed.</summary>
    public void ReleaseTurn() => _turn.Release(session, in _endpoint);

    /// <summary>What is told of the request from now on, and to whoever asks again.</summary>
    public RequestReply ReplyOf(WebResponse response) => new(request, ReplyKind.Response, NodeName, response);

    /// <summary>What only the endpoint makes wrong, once it is chosen in earnest: after a trial nothing is left to refuse.</summary>
    private void RefuseEndpoint()
    {
        if (_endpoint.HeedsKeys && key is null && _endpoint.Features?.Get<IHttpRequestFeature>() is { Method: "POST" or "PATCH" } sent)
        {
            IdempotencyKey.Read(sent.Headers[IdempotencyKey.Header]);
        }

        if (isRepeat && _endpoint.IsNeverRepeated && !IsOnTrial)
        {
            throw new BadHttpRequestException(
                $"The node that had this {_endpoint.Features?.Get<IHttpRequestFeature>()?.Method} died before it answered. It may have run, and '{_endpoint.Name}' "
                + "never runs twice: check its effect before you repeat it.",
                StatusCodes.Status503ServiceUnavailable);
        }
    }

    private Outcome OutcomeOf(WebResponse? response)
    {
        var reply = ReplyOf(response ?? new WebResponse { StatusCode = StatusCodes.Status409Conflict, Headers = [] });

        // An error of the server's own passes: who repeats the key is to try anew, and not to be told of it for ever.
        return Outcome.Of(response is null ? Outcome.Unanswered(reply) : reply, IsKeyed && response?.StatusCode is not >= 500 ? key : null);
    }

    /// <summary>Routing has chosen another endpoint than the trial: then nothing is known of the first run.</summary>
    private void RefuseDoubt()
    {
        if (isInDoubt && !IsExactlyOnce && !_turn.WasMissed)
        {
            throw new SessionCommitException(
                "The node that had this request died before it answered. It may have run, and its endpoint is not exactly-once: check its effect before you repeat it.");
        }
    }

    /// <param name="cookie">Null where there was nothing to commit.</param>
    private void Committed(CookieChange? cookie)
    {
        if (cookie is { } its)
        {
            Give(its);
            _changes.Committed();
            if (_used)
            {
                _changes.StartFrom(session.Entry);
            }
        }
    }

    /// <summary>An earlier commit of the request's may have said it.</summary>
    private void Give(CookieChange cookie) => _cookie = cookie.Action == CookieAction.Keep ? _cookie : cookie;

    // ---- the cookie, in the app's own response ----

    /// <summary>
    /// <c>UseSession()</c> has found this session: at its place among the OnStarting callbacks the cookie is written, so those of
    /// the middleware before it see the cookie, as on Kestrel.
    /// </summary>
    public void WriteCookieWithTheCallbacksOf(HttpResponse response)
    {
        if (!response.HasStarted)
        {
            response.OnStarting(static session => ((RequestSession)session).WriteCookieAsync(), this);
        }
    }

    private Task WriteCookieAsync()
    {
        WriteCookie();
        return Task.CompletedTask;
    }

    /// <summary>
    /// Puts into the response what the commits so far, and the one that is due, make of the cookie. A client whose request was
    /// sent again after a failover, or found its session under another cookie's name, may not have the cookie of a session
    /// that exists: it is given it.
    /// </summary>
    private void WriteCookie()
    {
        if (_endpoint.Features is not { } features || features.Get<IHttpResponseFeature>() is not { HasStarted: false, Headers.IsReadOnly: false })
        {
            return;
        }

        var due = _committed ? default : SessionCommit.CookieDue(session, _changes, IsExactlyOnce);
        var change = due.Action == CookieAction.Keep ? _cookie : due;
        if (change.Action == CookieAction.Keep && session.Exists
            && !session.Cookie.IsSent(features.Get<IHttpRequestFeature>()?.Headers.Cookie ?? default, session.Id))
        {
            change = new(CookieAction.Set, session.Id);
        }

        if (change == _written)
        {
            return;
        }

        _written = change;
        if (change.Action == CookieAction.Set)
        {
            session.Cookie.Append(features, change.Id);
        }
        else if (change.Action == CookieAction.Delete)
        {
            session.Cookie.Delete(features);
        }
    }
}
