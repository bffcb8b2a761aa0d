using System.Diagnostics.Metrics;
using Pomegranate.Management;

namespace Pomegranate.Backend.Sessions.Turns;

/// <summary>What is counted of requests that ran beside each other.</summary>
internal static class TurnMetrics
{
    public static readonly KeyValuePair<string, object?> Begun = new("begun", true);

    public static readonly KeyValuePair<string, object?> NotBegun = new("begun", false);

    /// <summary>Each is run again, or its app is told.</summary>
    public static readonly Counter<long> Conflicts = PomegranateMeter.Meter.CreateCounter<long>(
        "pomegranate.session.conflicts", "{request}",
        "Requests that were to change their session and had read what others have changed meanwhile; by whether the response had begun.");

    public static readonly Counter<long> Reruns = PomegranateMeter.Meter.CreateCounter<long>(
        "pomegranate.session.reruns", "{request}", "Safe requests that were run again from their start after a conflict.");
}
