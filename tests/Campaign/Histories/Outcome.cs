namespace Pomegranate.Campaign.Histories;

/// <summary>What the client knows of an operation after its answer, or after there was none.</summary>
internal enum Outcome
{
    /// <summary>Answered 200: its effect is there, once.</summary>
    Done,

    /// <summary>503, 504, a broken connection, no answer in time: its effect may be there, at most once.</summary>
    Maybe,

    /// <summary>Nothing of it was sent: its effect must never be there.</summary>
    NotSent,

    /// <summary>An answer that no fault explains, such as 404 or 500.</summary>
    Unexpected,
}
