namespace Pomegranate.Campaign.Histories;

/// <summary>Something that was done to the cluster, or that became of it: a line of the history between the operations.</summary>
/// <param name="At">ms since the run began.</param>
/// <param name="Episode">Which episode of the schedule; 0 outside of all.</param>
internal sealed record FaultMark(double At, int Episode, string What);
