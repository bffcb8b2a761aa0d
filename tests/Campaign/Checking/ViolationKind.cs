namespace Pomegranate.Campaign.Checking;

/// <summary>Which promise was broken.</summary>
internal enum ViolationKind
{
    /// <summary>A session that was acknowledged is not there any more.</summary>
    LostSession,

    /// <summary>An acknowledged write is missing from what was seen later.</summary>
    LostWrite,

    /// <summary>What one request had seen, a later one did not see.</summary>
    WentBack,

    /// <summary>One operation's effect is there more than once.</summary>
    AppliedTwice,

    /// <summary>A request repeated with its <c>Idempotency-Key</c> was not given the recorded answer.</summary>
    OtherAnswer,

    /// <summary>A session that was ended is there again.</summary>
    CameBack,

    /// <summary>An effect or owner of another session, or of an operation that was never sent.</summary>
    MixedUp,

    /// <summary>A request was not answered by its deadline.</summary>
    NoAnswer,

    /// <summary>A request was answered in a way that no fault explains.</summary>
    UnexpectedAnswer,

    /// <summary>A node whose file was damaged served nevertheless, or did not say what is wrong.</summary>
    ServedDamage,

    /// <summary>The cluster was not whole again within the bound after the last fault had ended.</summary>
    NotWhole,

    /// <summary>Something is left over at rest: session actors, or memory.</summary>
    Leak,
}
