using Microsoft.AspNetCore.Routing;

namespace Pomegranate.Apps.Run;

/// <summary>
/// An ordinary app, as its author would write it for Kestrel, and the cases that are tried on it. It runs twice: on plain
/// Kestrel without our line, and on a cluster of its own with it.
/// </summary>
/// <param name="Name">The first part of its cases' names.</param>
internal sealed record TriedApp(string Name)
{
    /// <summary>The builder's part of Program.cs. Our line comes before it.</summary>
    public Action<WebApplicationBuilder> Services { get; init; } = _ => { };

    /// <summary>Our line comes after the app's own.</summary>
    public bool IsLineLast { get; init; }

    /// <summary>The middleware, before the endpoints.</summary>
    public Action<WebApplication> Pipeline { get; init; } = _ => { };

    /// <summary>Endpoints that several cases use. A case's own are mapped below its <see cref="AppCase.Path"/>.</summary>
    public Action<WebApplication> Endpoints { get; init; } = _ => { };

    /// <summary>Settings of the app on both sides.</summary>
    public (string Key, string Value)[] Settings { get; init; } = [];

    /// <summary>What the operator of the cluster sets for its nodes.</summary>
    public (string Key, string Value)[] NodeSettings { get; init; } = [];

    /// <summary>Clients speak HTTP/2 in cleartext.</summary>
    public bool IsHttp2 { get; init; }

    public required AppCase[] Cases { get; init; }
}

/// <summary>One promise: what the app does, and what a client of it sees.</summary>
/// <param name="Name">The promise, in words.</param>
/// <param name="Endpoints">The app's part of it.</param>
/// <param name="WalkAsync">The client's part. What it notes is compared.</param>
internal sealed record AppCase(string Name, Action<IEndpointRouteBuilder> Endpoints, Func<Walk, Task> WalkAsync)
{
    /// <summary>A case that needs only what the app maps for all.</summary>
    public AppCase(string name, Func<Walk, Task> walkAsync)
        : this(name, _ => { }, walkAsync)
    {
    }

    /// <summary>
    /// The walk calls <see cref="Walk.KillAsync"/>, once. Such cases run together, after the others: each client is stopped
    /// there until all are, then every backend is killed, then all go on. On Kestrel nothing is killed.
    /// </summary>
    public bool HasKill { get; init; }

    /// <summary>Runs alone, as it moves the clock or uses all of something that others need.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Where its endpoints are.</summary>
    public string Path => "/" + string.Concat(Name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));
}
