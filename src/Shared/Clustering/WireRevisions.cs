using System.Globalization;

namespace Pomegranate.Clustering;

/// <summary>
/// Which revisions of all wire formats together a build speaks. Two nodes can share a cluster if there is one that both
/// speak. It travels as one of a member's roles, <c>wire-OLDEST-NEWEST</c>, as <see cref="BackendWeight"/> does and for
/// its reasons; a node without the role speaks the first revision only.
/// </summary>
/// <remarks>
/// <see cref="Newest"/> goes up with a change that a build before it must not meet, and from then on the old form is
/// still sent to members that do not have it. <see cref="Oldest"/> goes up when the old form is no longer understood.
/// What an earlier build merely does not ask for needs neither.
/// </remarks>
internal readonly record struct WireRevisions(int Oldest, int Newest)
{
    private const string Prefix = "wire-";
    private static readonly WireRevisions First = new(1, 1);

    /// <summary>This build's.</summary>
    /// <remarks>3: requests with <see cref="Http.ConnectionFacts"/>, and what they let the home say on a stream.</remarks>
    public static WireRevisions Own => new(2, 3);

    /// <summary>What a person who looks at a member's roles need not see.</summary>
    public static bool IsRevision(string role) => role.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>None where there is nothing to say.</summary>
    public IEnumerable<string> Roles => this == First ? [] : [string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Oldest}-{Newest}")];

    public static WireRevisions Of(IEnumerable<string> roles)
    {
        foreach (var role in roles.Where(role => role.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            if (role[Prefix.Length..].Split('-') is [var oldest, var newest]
                && int.TryParse(oldest, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
                && int.TryParse(newest, NumberStyles.None, CultureInfo.InvariantCulture, out var to)
                && from <= to)
            {
                return new(from, to);
            }
        }

        return First;
    }

    public bool Meets(WireRevisions other) => Oldest <= other.Newest && other.Oldest <= Newest;

    public override string ToString() => Oldest == Newest ? $"revision {Newest}" : $"revisions {Oldest} to {Newest}";
}
