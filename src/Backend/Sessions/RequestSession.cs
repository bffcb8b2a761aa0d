using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions.Late;
using Pomegranate.Backend.Sessions.Turns;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// One request's view of its session: what <c>HttpContext.Session</c> is. Reads see the state as it was at first use
/// plus the request's own changes; the changes are committed as a whole when the response starts, and what is changed after
/// that by <c>CommitAsync</c> or when the request ends.
/// </summary>
/// <remarks>
/// First use takes the session's turn (see <see cref="SessionAccess"/>). Like every ISession it belongs to one request
/// and is not thread-safe.
/// </remarks>
/// <param name="terms">How the request comes to its home.</param>
/// <param name="ticket">Of a request that is run again: it begins with the turn.</param>
internal sealed partial class RequestSession(
    LiveSession session, RequestId request, CancellationToken clientGone, RequestTerms terms = default, TurnTicket? ticket = null)
    : ISession
{
    private readonly RequestCommit _commit = new(session, request, new RequestTurn(session, request, ticket), terms.IsTooLate);
    private RequestCookie _cookie = new(session);
    private RequestEndpoint _endpoint;
    private SessionAccess _access;

    /// <summary>Whether the session has been read since the turn was last taken.</summary>
    private bool _used;
    private bool _hasUsed;
    private bool _sealed;

    /// <summary>The response has started: what is changed from now on is late.</summary>
    private bool _committed;
    private bool _isOver;
    private long _attachedAt;
    private long _usedAt;
    private bool _neverRepeats;
    private string? _publicId;

    /// <summary>Always true: a session that cannot be read or written is an error, not an absence.</summary>
    public bool IsAvailable => true;

    /// <summary>
    /// The session's id, before it is established too; after <see cref="RenewIdAsync"/> the new one. Not the cookie's value,
    /// which is a secret: apps write this one into logs.
    /// </summary>
    public string Id => _publicId ??= PublicSessionId.Of(_commit.Changes.NewId ?? session.Id);

    /// <summary>The client may come back for the outcome of an exactly-once request, so that one waits on.</summary>
    private CancellationToken GiveUp => IsExactlyOnce ? CancellationToken.None : clientGone;

    /// <summary>Whether the app says nothing against running the request again.</summary>
    private bool YieldsByEndpoint => !_neverRepeats && !_endpoint.IsNeverRepeated && !IsExactlyOnce;

    private bool CanBeginAgain => terms.MayRunAgain && YieldsByEndpoint;

    /// <summary>A <c>Task</c> that outlives its request would keep the turn for ever, and elsewhere there is none to be had.</summary>
    private bool NeedsTurn =>
        !_commit.IsDetached && _access == SessionAccess.Exclusive && !(_committed && (_isOver || _commit.IsElsewhere));

    public IEnumerable<string> Keys
    {
        get
        {
            Use();
            return _commit.Changes.Keys;
        }
    }

    public async Task LoadAsync(CancellationToken cancellationToken = default)
    {
        if (_used)
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        await BeginUseAsync(cancellationToken);
        StartFrom(_committed ? await LateHome.EntryAsync(session, _commit.Changes) : session.Entry);
    }

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        Use();
        value = _commit.Changes.Find(key);
        return value is not null;
    }

    public void Set(string key, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        SessionChanges.RefuseUnfit(key, value, session.Options);
        UseForChange();
        _commit.Changes.Set(key, value, session.Options);
    }

    public void Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        UseForChange();
        _commit.Changes.Remove(key);
    }

    public void Clear()
    {
        UseForChange();
        _commit.Changes.Clear();
    }

    /// <summary>Moves the session to a fresh id when the response starts.</summary>
    public async Task RenewIdAsync()
    {
        RefuseLate("renewed");
        await LoadAsync();
        UseForChange();
        _commit.Changes.RenewId();
        _publicId = null;
    }

    /// <summary>Ends the session when the response starts; until then it reads as empty.</summary>
    public async Task AbandonAsync()
    {
        RefuseLate("abandoned");
        await LoadAsync();
        UseForChange();
        _commit.Changes.Abandon();
    }

    /// <summary>
    /// The app may commit early, to see the error itself; the server commits in any case. The end of this id waits for
    /// the server: the request is still in the session, and <c>UseSession()</c> commits after every request. So do the
    /// changes of an exactly-once request, which are committed with its outcome.
    /// </summary>
    async Task ISession.CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_committed)
        {
            await CommitLateAsync();
        }
        else if (!IsExactlyOnce && _commit.Changes is { NewId: null, IsAbandoned: false })
        {
            RefuseDoubt();
            _cookie.Give(await _commit.CommitAsync(outcome: null, isEarly: true, CanBeginAgain));
            if (_commit.Turn.IsYielding)
            {
                // It waits for the turn anew if it goes on. One that may not lose keeps it: what it writes then may be made of
                // what it has read before.
                _used = false;
                ReleaseTurn();
            }
        }
    }

    // ---- first use: the session's turn ----

    private void Use()
    {
        if (!_used)
        {
            // Blocks only where another request has the turn. Waiting on a task tells the thread pool, which adds threads.
            BeginUseAsync(default).GetAwaiter().GetResult();
            StartFrom(_committed ? LateHome.EntryAsync(session, _commit.Changes).GetAwaiter().GetResult() : session.Entry);
        }
        else
        {
            _commit.Follow();
        }
    }

    private void UseForChange()
    {
        if (_committed && !_commit.IsDetached && !session.Exists && LateHome.IdOf(session, _commit.Changes) == session.Id && !session.IsClosed)
        {
            // In ASP.NET Core's words.
            throw new InvalidOperationException("The session cannot be established after the response has started.");
        }

        Use();
        if (session.IsAtHomeElsewhere)
        {
            throw new InvalidOperationException(
                "The session cannot be changed here: the request belongs to a connection of this node, and the session has another home since the "
                + "connection began. It can be read; change it in a request of its own, or after the client has reconnected.");
        }

        if (_access == SessionAccess.ReadOnly)
        {
            throw new InvalidOperationException(
                $"Endpoint '{_endpoint.Name}' is marked SessionAccess.ReadOnly and cannot change the session. Mark it Exclusive or Concurrent.");
        }
    }

    private void RefuseLate(string what)
    {
        if (_committed || _sealed)
        {
            throw new InvalidOperationException(
                $"The session cannot be {what} after the response has started: its cookie is in the head. Do it earlier.");
        }
    }

    private Task BeginUseAsync(CancellationToken cancellation)
    {
        _commit.RefuseIfLost();
        _hasUsed = true;
        _access = _endpoint.Access;
        return NeedsTurn
            ? _commit.Turn.UseAsync(_endpoint, _committed || (terms.MayRunAgain && YieldsByEndpoint), GiveUp, cancellation)
            : Task.CompletedTask;
    }

    private void StartFrom(SessionEntry? found)
    {
        _used = true;
        _commit.StartFrom(found, isLate: _committed);
    }
}
