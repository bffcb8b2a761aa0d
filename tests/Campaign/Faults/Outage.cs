namespace Pomegranate.Campaign.Faults;

/// <summary>A time in which one node hears nothing from another.</summary>
/// <param name="At">From the begin of the fault; <paramref name="Until"/> likewise.</param>
internal sealed record Outage(string From, string To, TimeSpan At, TimeSpan Until);
