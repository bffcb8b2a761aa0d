namespace Pomegranate.Campaign.Histories;

/// <summary>What a client asks of its session.</summary>
internal enum OperationKind
{
    /// <summary>Makes the session and writes its owner's name into it.</summary>
    Create,

    /// <summary>Appends its number to the log with POST: never run twice.</summary>
    AppendPost,

    /// <summary>Appends its number to the log with PUT: may run again after a failover, with its effect there once.</summary>
    AppendPut,

    /// <summary>Appends its number with POST to an endpoint marked exactly-once.</summary>
    AppendOnce,

    /// <summary>Appends with POST and an <c>Idempotency-Key</c>; its repeats are operations of their own.</summary>
    AppendKeyed,

    /// <summary>Appends with POST, 0.8 s after it has read the session.</summary>
    AppendHeld,

    /// <summary>Appends with POST after its response has begun; it is done when the whole answer has come.</summary>
    AppendLate,

    /// <summary>Writes its number into a register that only this client writes, with merge instead of a turn.</summary>
    Write,

    /// <summary>Reads the session in its turn.</summary>
    Read,

    /// <summary>Reads the session, and answers 0.8 s later.</summary>
    Linger,

    /// <summary>Reads the session without waiting for a turn.</summary>
    Peek,

    /// <summary>Gives the session a fresh id, at an exactly-once endpoint; only in sessions with one client.</summary>
    Renew,

    /// <summary>Ends the session, at an exactly-once endpoint. What is asked under its id later must find nothing.</summary>
    End,
}
