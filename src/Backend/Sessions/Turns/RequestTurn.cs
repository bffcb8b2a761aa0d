using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Backend.Server;
using Pomegranate.Gateway;

namespace Pomegranate.Backend.Sessions.Turns;

/// <summary>One request's part in its session's turns, from its first use of the session until its response starts, and anew after that.</summary>
/// <param name="ticket">Of a request that begins anew with the turn; null for any other.</param>
internal sealed class RequestTurn(LiveSession session, RequestId request, TurnTicket? ticket)
{
    private TurnTicket? _ticket = ticket;

    /// <summary>Whether the request has waited for it in vain.</summary>
    public bool WasMissed { get; private set; }

    /// <summary>Null while the request does not take part.</summary>
    public TurnTicket? Ticket => _ticket;

    /// <summary>Whether others may change the session in the request's turn.</summary>
    public bool IsYielding => _ticket is { IsYielding: true };

    /// <summary>Whether the request waits for the turn at its first use, or has it: neither beside it nor without.</summary>
    public bool IsInLine => _ticket is { } ticket && (session.Turn.StateOf(ticket) is var state)
        && (state == TurnState.Holding || (state == TurnState.Waiting && !ticket.IsCommitting));

    /// <summary>Whether the request has run beside others, and waits for the turn to store its changes.</summary>
    public bool IsStoring => _ticket is { IsCommitting: true } ticket && session.Turn.StateOf(ticket) == TurnState.Waiting;

    /// <summary>A use of the session: completes when the request need not wait (any more).</summary>
    /// <param name="yields">Whether it gives way to others, where it has no ticket yet.</param>
    /// <param name="giveUp">The client has gone. Who gives up leaves the line: a turn that nobody waits for would never be given on.</param>
    /// <exception cref="BadHttpRequestException">The request has waited too long, or for a change that is in doubt.</exception>
    public Task UseAsync(in RequestEndpoint endpoint, bool yields, CancellationToken giveUp, CancellationToken cancellation)
    {
        var ticket = _ticket;
        if (ticket is null)
        {
            var headers = endpoint.Features?.Get<IHttpRequestFeature>()?.Headers;
            _ticket = ticket = new TurnTicket(yields, RequestCause.Of(headers?.TraceParent, headers?.TraceState, Activity.Current, request));
        }
        else if (session.Turn.StateOf(ticket) == TurnState.Holding)
        {
            return Task.CompletedTask;
        }

        if (!cancellation.CanBeCanceled)
        {
            var wait = session.Turn.UseAsync(ticket, giveUp);
            return wait.IsCompletedSuccessfully && session.Turn.StateOf(ticket) != TurnState.Refused && !session.IsInDoubt ? wait : TakeAsync(ticket, wait, cancellation);
        }

        return WaitAsync(ticket, giveUp, cancellation);
    }

    /// <summary>Completes when the request has the turn, and keeps it until it has changed the session.</summary>
    /// <exception cref="SessionCommitException">The request has waited too long.</exception>
    public static async Task CommitAsync(LiveSession session, TurnTicket ticket)
    {
        await session.Turn.CommitAsync(ticket, CancellationToken.None);
        if (session.Turn.StateOf(ticket) == TurnState.Refused)
        {
            throw new SessionCommitException(
                $"The request ran beside another of its session, and waited {session.Options.TurnTimeout.TotalSeconds:0.#} s to change it "
                + "(Pomegranate:Session:TurnTimeout). The other request still holds the session: see the log for its endpoint.");
        }
    }

    /// <summary>Whether those that the request has caused have changed the session since this was last asked.</summary>
    public bool IsBehind() => _ticket is { } ticket && session.Turn.IsBehind(ticket);

    /// <summary>It turns out that the request must not run again: it gives way no more.</summary>
    public void Keep()
    {
        if (_ticket is { IsYielding: true } ticket)
        {
            session.Turn.Keep(ticket);
        }
    }

    /// <summary>Gives it up.</summary>
    /// <param name="endpoint">Who is to blame if it was held for long.</param>
    public void Release(in RequestEndpoint endpoint)
    {
        if (_ticket is not { } ticket)
        {
            return;
        }

        _ticket = null;
        var held = session.Turn.Release(ticket);
        if (!ticket.IsYielding && held > session.Options.TurnWarning)
        {
            session.Logger.TurnHeldLong(held.TotalMilliseconds, endpoint.Name);
        }
    }

    /// <summary>The request has lost, and begins anew with the turn, which is not given up meanwhile.</summary>
    /// <param name="isYielding">Whether it may lose again.</param>
    public TurnTicket? HandOver(bool isYielding)
    {
        if (_ticket is not { } lost)
        {
            return null;
        }

        _ticket = null;
        var again = new TurnTicket(isYielding, lost.Cause);
        session.Turn.HandOver(lost, again);
        return again;
    }

    private async Task WaitAsync(TurnTicket ticket, CancellationToken giveUp, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(giveUp, cancellation);
        await TakeAsync(ticket, session.Turn.UseAsync(ticket, either.Token), cancellation);
    }

    private async Task TakeAsync(TurnTicket ticket, Task wait, CancellationToken cancellation)
    {
        try
        {
            await wait;
        }
        catch (OperationCanceledException)
        {
            // It may ask again.
            _ticket = null;
            cancellation.ThrowIfCancellationRequested();
            throw;
        }

        if (session.Turn.StateOf(ticket) == TurnState.Refused)
        {
            WasMissed = true;
            _ticket = null;
            throw new BadHttpRequestException(
                $"The request waited {session.Options.TurnTimeout.TotalSeconds:0.#} s for its turn at the session (Pomegranate:Session:TurnTimeout). "
                + "Another request of the same session holds it: see the log for its endpoint.",
                StatusCodes.Status503ServiceUnavailable);
        }

        if (session.IsInDoubt)
        {
            WasMissed = true;
            throw new BadHttpRequestException(
                "A change that the request has waited for may or may not have been stored, and the session is being read again. The request has not used it. Try again.",
                StatusCodes.Status503ServiceUnavailable);
        }
    }
}
