using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions.Late;
using Pomegranate.Backend.Sessions.Turns;
using Pomegranate.Gateway;
using Pomegranate.Http;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>What the server that runs the request, and the session's home, do with the request's session.</summary>
internal sealed partial class RequestSession : IRequestSession, IPomegranateSessionFeature, IEndpointFeature
{
    ISession IRequestSession.Session => this;

    /// <inheritdoc/>
    public string NodeName => session.NodeName;

    /// <inheritdoc/>
    public string? Version => session.Entry?.Version.ToString();

    /// <summary>A request that never got its turn has done nothing that needs an outcome.</summary>
    public bool IsExactlyOnce => !_commit.Turn.WasMissed && !_commit.IsDetached && terms.IsExactlyOnce(_endpoint, session.Options);

    /// <summary>Whether it has to be found out before the app's code runs what its endpoint says.</summary>
    public bool NeedsTrial => terms.NeedTrial(session.Options);

    /// <summary>Whether it may run although it may have run, as far as its endpoint is known.</summary>
    public bool MayRunAgain(PathString path) =>
        terms.IsRepeat ? !RequestTerms.NeverRepeats(_endpoint, path, session.Options) : IsExactlyOnce;

    /// <summary>The endpoint that is chosen is only tried out.</summary>
    public bool IsOnTrial { get; set; }

    /// <summary>The request was in doubt, its endpoint is not exactly-once, and nothing of the app has run.</summary>
    public bool IsTurnedAway { get; set; }

    /// <summary>Whether the request counts among those that run at once: see <see cref="RequestPlace"/>.</summary>
    public bool TakesPlace =>
        IsExactlyOnce
        || (_hasUsed ? _commit.Turn.IsInLine : _attachedAt == 0 || session.Time.GetElapsedTime(_attachedAt) < RequestPlace.Undecided);

    /// <summary>The same: see <see cref="RequestPlace.IsStoring"/>.</summary>
    public bool IsStoring => _commit.Turn.IsStoring;

    Endpoint? IEndpointFeature.Endpoint
    {
        get => _endpoint.Chosen;
        set
        {
            _endpoint.Chosen = value;
            terms.RefuseEndpoint(_endpoint, IsOnTrial);
            if (!IsOnTrial && !YieldsByEndpoint)
            {
                _commit.Turn.Keep();
            }
        }
    }

    /// <summary>Forgets the endpoint that a trial has found.</summary>
    public void ForgetEndpoint() => _endpoint.Forget();

    /// <summary>Makes the session part of the request: the app finds it as the session and as our feature.</summary>
    public void Attach(IFeatureCollection features)
    {
        _endpoint = new RequestEndpoint(features);
        _attachedAt = _usedAt = session.Time.GetTimestamp();
        _neverRepeats = terms.MayRunAgain && RequestTerms.NeverRepeats(_endpoint, features.Get<IHttpRequestFeature>()?.Path, session.Options);
        features.Set<IPomegranateSessionFeature>(this);
        features.Set<IEndpointFeature>(this);
    }

    // ---- the response starts: the commit ----

    public void Seal()
    {
        _sealed = true;
        if (!_commit.IsDetached)
        {
            _cookie.Give(SessionCommit.CookieAfter(session, _commit.Changes));
            WriteCookie();
        }
    }

    public async Task CommitAsync(WebResponse? outcome)
    {
        try
        {
            if (!_committed && !IsTurnedAway)
            {
                RefuseDoubt();
                _cookie.Give(await _commit.CommitAsync(IsExactlyOnce ? OutcomeOf(outcome) : null, isEarly: false, CanBeginAgain));
                if (_hasUsed)
                {
                    await session.StillAtHomeAsync(_commit.HasCommitted);
                }

                WriteCookie();
            }
        }
        finally
        {
            // What is read or changed from now on begins anew, and what has failed is not tried again.
            _committed = true;
            _used = false;
            _commit.Changes.Forget();
            _commit.Changes.EndRepeat();
            if (!_commit.HasLost)
            {
                ReleaseTurn();
            }
        }
    }

    public async Task EndAsync()
    {
        if (!_committed || _commit.HasLost)
        {
            return;
        }

        try
        {
            await CommitLateAsync();
        }
        finally
        {
            _isOver = true;
        }
    }

    /// <summary>Something has gone one way or the other on the request's stream: its session is used.</summary>
    public void NoteTraffic()
    {
        // Often enough for what is replicated of the last use.
        if (!_commit.IsDetached && session.Time.GetElapsedTime(_usedAt) > session.Options.IdleTimeout * session.Options.AccessReplicationFraction / 2
            && (session.Exists || _commit.IsElsewhere))
        {
            _usedAt = session.Time.GetTimestamp();
            LateHome.NoteUse(session, LateHome.IdOf(session, _commit.Changes));
        }
    }

    /// <summary>
    /// The request has lost: it begins anew, and with the turn, so that it will not lose in the same way. For the last time it
    /// does not give way.
    /// </summary>
    public TurnTicket? BeginAgain(bool mayLoseAgain) => _commit.Turn.HandOver(mayLoseAgain);

    /// <summary>
    /// The request has ended without a commit. After one, the app of a streamed response may be using the session, and have a turn
    /// of its own.
    /// </summary>
    public void EndUncommitted()
    {
        if (!_committed || _commit.HasLost)
        {
            ReleaseTurn();
        }
    }

    /// <summary>What is told of the request from now on, and to whoever asks again.</summary>
    public RequestReply ReplyOf(WebResponse response) => new(request, ReplyKind.Response, NodeName, response);

    private void ReleaseTurn() => _commit.Turn.Release(in _endpoint);

    private async Task CommitLateAsync()
    {
        try
        {
            await _commit.CommitLateAsync(isExclusive: _access == SessionAccess.Exclusive);
        }
        finally
        {
            _used = false;
            ReleaseTurn();
        }
    }

    private Outcome OutcomeOf(WebResponse? response)
    {
        var reply = ReplyOf(response ?? new WebResponse { StatusCode = StatusCodes.Status409Conflict, Headers = [] });

        // An error of the server's own passes: who repeats the key is to try anew, and not to be told of it for ever.
        var isKeyed = terms.IsKeyed(_endpoint, session.Options) && response?.StatusCode is not >= 500;
        return Outcome.Of(response is null ? Outcome.Unanswered(reply) : reply, isKeyed ? terms.Key : null);
    }

    private void RefuseDoubt() => terms.RefuseDoubt(IsExactlyOnce || _commit.Turn.WasMissed);

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

    private void WriteCookie()
    {
        // The client has, or will have, the cookie of the renewed session.
        var isMoved = _commit.Changes.NewId is null && (session.IsFormer || session.FollowedTo is not null);
        if (!isMoved && (!_commit.IsDetached || _commit.Changes is { IsAbandoned: true } or { NewId: not null }))
        {
            _cookie.Write(_endpoint.Features, _committed ? default : SessionCommit.CookieDue(session, _commit.Changes, IsExactlyOnce));
        }
    }
}
