using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// One request's hold on its session's <see cref="SessionTurn"/>: from its first use of the session until its response
/// starts. A struct, to be a field and nothing else: every request has one.
/// </summary>
internal struct RequestTurn
{
    private bool _isHeld;
    private long _since;

    /// <summary>Whether the request has waited for it in vain.</summary>
    public bool WasMissed { get; private set; }

    /// <summary>Completes when it is the request's turn, or with false when it has waited too long: see <see cref="Taken"/>.</summary>
    public static Task<bool> WaitAsync(LiveSession session, CancellationToken giveUp) =>
        session.Turn.TakeAsync(session.Options.TurnTimeout, giveUp);

    /// <exception cref="BadHttpRequestException">It is not taken: the request has waited too long.</exception>
    public void Taken(bool taken, LiveSession session)
    {
        WasMissed = !taken;
        if (!taken)
        {
            throw new BadHttpRequestException(
                $"The request waited {session.Options.TurnTimeout.TotalSeconds:0.#} s for its turn at the session (Pomegranate:Session:TurnTimeout). "
                + "Another request of the same session holds it: see the log for its endpoint.",
                StatusCodes.Status503ServiceUnavailable);
        }

        _isHeld = true;
        _since = Stopwatch.GetTimestamp();
    }

    /// <summary>Gives it up, if it is held.</summary>
    /// <param name="endpoint">Who is to blame if it was held for long.</param>
    public void Release(LiveSession session, in RequestEndpoint endpoint)
    {
        if (!_isHeld)
        {
            return;
        }

        _isHeld = false;
        var held = Stopwatch.GetElapsedTime(_since);
        if (held > session.Options.TurnWarning)
        {
            session.Logger.TurnHeldLong(held.TotalMilliseconds, endpoint.Name);
        }

        session.Turn.Release();
    }
}
