using System.Text.RegularExpressions;

namespace Pomegranate.LocalCluster.Plan;

/// <summary>An app under a path of the frontends; the path's one segment is the app's name.</summary>
internal sealed partial record AppMount(string Name, string Project)
{
    /// <summary>Reads <c>/name=project</c>; null where it is not that.</summary>
    public static AppMount? Parse(string text) =>
        Form().Match(text) is { Success: true } match && match.Groups[1].Value != "default"
            ? new AppMount(match.Groups[1].Value, match.Groups[2].Value)
            : null;

    /// <summary>What a frontend is told: everything under the path goes to the app, which sees the path as its base.</summary>
    public IEnumerable<KeyValuePair<string, string?>> FrontendSettings =>
    [
        new($"Pomegranate__Apps__{Name}__RetryAfter", "00:00:01"),
        .. Route(Name, Name, $"/{Name}/{{**rest}}"),
        new($"ReverseProxy__Routes__{Name}__Transforms__0__PathBase", $"/{Name}"),
    ];

    /// <summary>The route for all else, which is to be said where there are others.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> RestSettings => Route("rest", "default", "{**rest}");

    private static IEnumerable<KeyValuePair<string, string?>> Route(string id, string app, string path) =>
    [
        new($"ReverseProxy__Routes__{id}__ClusterId", app),
        new($"ReverseProxy__Routes__{id}__Match__Path", path),
    ];

    [GeneratedRegex("^/([a-z][a-z0-9-]{0,39})=(.+)$")]
    private static partial Regex Form();
}
