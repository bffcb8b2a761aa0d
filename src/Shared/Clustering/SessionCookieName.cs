using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Pomegranate.Clustering;

/// <summary>
/// A backend tells the frontends the name of its app's session cookie as one of its cluster roles, <c>cookie-NAME</c>, as
/// <see cref="BackendWeight"/> does and for its reasons. A backend without the role uses the name that an app has by default.
/// </summary>
/// <remarks>
/// A member is up only once all members have seen it joining, so every frontend knows the name before the first client can
/// have the cookie.
/// </remarks>
internal static class SessionCookieName
{
    public const string Rule = "must be a token of RFC 6265 of at most 200 characters, for example .Shop.Session";

    private const string Prefix = "cookie-";
    private const string Base = ".Pomegranate.Session";
    private const int MaxLength = 200;

    /// <summary>Of an app that names none. Apps may share a host, so each has a name of its own.</summary>
    public static string DefaultOf(string app) => app == AppName.Default ? Base : $"{Base}.{app}";

    public static bool IsValid([NotNullWhen(true)] string? name) =>
        name is { Length: > 0 and <= MaxLength }
        && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));

    /// <summary>None where there is nothing to say.</summary>
    public static IEnumerable<string> ToRoles(string app, string name) => name == DefaultOf(app) ? [] : [Prefix + Escape(name)];

    /// <summary>The name among a member's roles.</summary>
    public static string FromRoles(string app, IEnumerable<string> roles)
    {
        foreach (var role in roles)
        {
            if (role.StartsWith(Prefix, StringComparison.Ordinal) && Unescape(role.AsSpan(Prefix.Length)) is { } name && IsValid(name))
            {
                return name;
            }
        }

        return DefaultOf(app);
    }

    /// <summary>Roles pass through configuration text, which has a meaning for most signs: they become <c>_</c> and two hex digits.</summary>
    private static string Escape(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            _ = char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? text.Append(c) : text.Append(CultureInfo.InvariantCulture, $"_{(int)c:X2}");
        }

        return text.ToString();
    }

    private static string? Unescape(ReadOnlySpan<char> role)
    {
        var text = new StringBuilder(role.Length);
        for (var i = 0; i < role.Length; i++)
        {
            if (role[i] != '_')
            {
                text.Append(role[i]);
            }
            else if (i + 2 < role.Length && byte.TryParse(role.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sign))
            {
                text.Append((char)sign);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        return text.ToString();
    }
}
