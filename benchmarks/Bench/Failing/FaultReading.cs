namespace Pomegranate.Bench.Failing;

/// <summary>One fault and the return of its victim, as 50 sessions saw them.</summary>
/// <param name="PauseMs">The longest time between two good answers of any session, from the fault until its victim was to return.</param>
/// <param name="SessionsOverOneSecond">How many sessions had a pause of more than a second then.</param>
/// <param name="ReturnPauseMs">The same from then until the system was whole.</param>
/// <param name="ClientPauseMs">The longest time for which the client itself did not run before the victim was to return: so much of the pause may be its own.</param>
/// <param name="WholeAfterMs">From the victim's return until the system was as before.</param>
/// <param name="Failed">Requests without a good answer, by kind; over the whole run.</param>
internal sealed record FaultReading(
    string System,
    string Fault,
    DateTime At,
    string Victim,
    double PauseMs,
    int SessionsOverOneSecond,
    double ReturnPauseMs,
    double ClientPauseMs,
    double WholeAfterMs,
    IReadOnlyDictionary<string, int> Failed,
    long Lost,
    long Twice,
    long AppliedThoughFailed,
    int SessionsLost);
