namespace Pomegranate.Backend.Sessions.Turns;

/// <summary>
/// One request's part in its session's turns, from its first use of the session until its response starts. Changed only by
/// <see cref="TurnLine"/>.
/// </summary>
/// <param name="isYielding">
/// Whether the request may be run again from its start, or may be told that it has lost: then it gives way to others once it
/// has held the turn for long.
/// </param>
/// <param name="cause">Who has caused the request, and by what those that it causes can be told.</param>
internal sealed class TurnTicket(bool isYielding, RequestCause cause = default)
{
    public TurnState State { get; set; }

    public bool IsYielding { get; set; } = isYielding;

    public RequestCause Cause { get; } = cause;

    /// <summary>Where it stands: the session's own line, or that of the request that has caused it.</summary>
    public TurnLine? Line { get; set; }

    /// <summary>The turns of those that it has caused while it had its own; null while there is none.</summary>
    public TurnLine? Inner { get; set; }

    /// <summary>When it began to hold the turn.</summary>
    public TimeSpan HeldSince { get; set; }

    /// <summary>When it has waited for too long.</summary>
    public TimeSpan Deadline { get; set; }

    /// <summary>It is to change the session: nothing but the turn will do, and it keeps the turn until it has.</summary>
    public bool IsCommitting { get; set; }

    /// <summary>Those that it has caused have changed the session since it last looked.</summary>
    public bool IsBehind { get; set; }

    /// <summary>Completes when the wait is over; <see cref="SessionTurn"/>'s.</summary>
    public TaskCompletionSource? Wait { get; set; }
}

/// <summary>Where a request stands.</summary>
internal enum TurnState : byte
{
    /// <summary>It has not asked for the turn, or has given it up.</summary>
    None = 0,

    /// <summary>It waits in line.</summary>
    Waiting,

    /// <summary>It has the turn.</summary>
    Holding,

    /// <summary>
    /// It runs beside whoever has the turn, on the session as it was committed, and changes it only if what it has read is
    /// still so when it has the turn again.
    /// </summary>
    Beside,

    /// <summary>It has waited for too long.</summary>
    Refused,
}
