using System.Globalization;

namespace Pomegranate.Clustering;

/// <summary>
/// A backend's weight travels as one of its cluster roles, <c>weight-N</c>: roles are gossiped with the member, so
/// every node knows a weight as soon as it knows the backend, and <c>pbm cluster show</c> prints it.
/// </summary>
internal static class BackendWeight
{
    private const string Prefix = "weight-";

    public static string ToRole(int weight) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{weight}");

    /// <summary>The weight among a member's roles, 1 where none is given.</summary>
    public static int FromRoles(IEnumerable<string> roles)
    {
        foreach (var role in roles)
        {
            if (role.StartsWith(Prefix, StringComparison.Ordinal)
                && int.TryParse(role.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var weight)
                && weight > 0)
            {
                return weight;
            }
        }

        return 1;
    }
}
