using System.Diagnostics.CodeAnalysis;

namespace Pomegranate.Clustering;

/// <summary>
/// Which app a backend runs, and what follows from its name. The name is part of the backend's one role, so whatever
/// Akka does among the members of a role (replication, shards, their coordinator) stays among the app's own backends.
/// </summary>
internal static class AppName
{
    /// <summary>The app of a backend that names none.</summary>
    public const string Default = "default";

    public const string Rule = "must be 1 to 40 lower-case letters, digits and hyphens, and begin with a letter";

    private const int MaxLength = 40;

    public static bool IsValid([NotNullWhen(true)] string? name) =>
        name is { Length: > 0 and <= MaxLength }
        && char.IsAsciiLetterLower(name[0])
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    /// <summary>The cluster role of the app's backends.</summary>
    public static string RoleOf(string app) => app == Default ? NodeRole.Backend : $"{NodeRole.Backend}-{app}";

    /// <summary>The app whose backends have this role.</summary>
    public static string OfRole(string role) => role == NodeRole.Backend ? Default : role[(NodeRole.Backend.Length + 1)..];

    /// <summary>Whether these are a backend's roles, of whichever app.</summary>
    public static bool IsBackend(IEnumerable<string> roles) =>
        roles.Any(role => role == NodeRole.Backend || role.StartsWith($"{NodeRole.Backend}-", StringComparison.Ordinal));

    /// <summary>The sharded type of the app's sessions: a frontend has a proxy for each.</summary>
    public static string ShardTypeOf(string app) => app == Default ? "session" : $"session-{app}";
}
