namespace Pomegranate.Campaign.Clients;

/// <summary>What the load is like.</summary>
/// <param name="Sessions">How many at a time.</param>
/// <param name="Operations">After so many a client leaves its session; it bounds the log, which every answer holds whole.</param>
/// <param name="EndedEvery">Every so many sessions, one is ended when it has lived.</param>
/// <param name="KeepsEnded">Whether ended sessions are asked for again at the end of the run.</param>
/// <param name="Names">What its sessions' names begin with.</param>
/// <param name="Holds">Whether some operations take long by themselves.</param>
internal sealed record LoadShape(
    int Sessions, Pace Pace, int Operations = 80, int EndedEvery = 3, bool KeepsEnded = true, string Names = "s", bool Holds = true);
