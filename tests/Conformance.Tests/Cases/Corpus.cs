namespace Pomegranate.Conformance.Cases;

/// <summary>All cases: a group for each idea, a file for each group.</summary>
internal static class Corpus
{
    public static readonly IReadOnlyList<(string Group, Case Case)> All =
    [
        .. Group("methods", Methods.All),
        .. Group("targets", Targets.All),
        .. Group("request headers", RequestHeaders.All),
        .. Group("cookies", Cookies.All),
        .. Group("request bodies", RequestBodies.All),
        .. Group("malformed", Malformed.All),
        .. Group("connections", Connections.All),
        .. Group("statuses", Statuses.All),
        .. Group("response headers", ResponseHeaders.All),
        .. Group("response bodies", ResponseBodies.All),
        .. Group("failures", Failures.All),
        .. Group("files", Files.All),
        .. Group("forms", Forms.All),
        .. Group("framework", Frameworks.All),
        .. Group("sign-in", SignIn.All),
        .. Group("sessions", Sessions.All),
        .. Group("server", Servers.All),
        .. Group("scenarios", Scenarios.All),
        .. Group("WebSockets", WebSockets.All),
        .. Group("HTTP/2 frames", Frames.All),
    ];

    private static IEnumerable<(string Group, Case Case)> Group(string group, IEnumerable<Case> cases)
    {
        var all = cases.ToList();
        var twice = all.GroupBy(@case => @case.Name, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => same.Key).ToList();
        return twice.Count == 0
            ? all.Select(@case => (group, @case))
            : throw new InvalidOperationException($"Several cases of '{group}' have the name: {string.Join(" / ", twice)}");
    }
}
