using System.Text;

namespace Pomegranate.Backend.Sharding;

/// <summary>
/// Weighted rendezvous (highest random weight) hashing: every node scores for every shard on its own, the best score
/// has the shard. A node that goes loses its shards to the others in proportion to their weights and no other shard
/// moves; a node that comes back under the same name gets the same shards back.
/// </summary>
/// <remarks>
/// The score is <c>-weight / ln(h)</c> with h uniform in (0, 1): that of the maximum of <c>weight</c> independent draws,
/// up to a monotonic map (Schindelhauer, Schomaker 2005). The hash must never change while a cluster runs: nodes of
/// two versions would pull the shards to and fro. FNV-1a alone leaves the high bits of short inputs poorly mixed;
/// the finaliser is SplitMix64's.
/// </remarks>
internal static class RendezvousHash
{
    private const ulong FnvOffset = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    /// <param name="shardId">The shard.</param>
    /// <param name="node">The node's stable name, <c>host:port</c>: not its incarnation.</param>
    /// <param name="weight">Relative to the other nodes'; positive.</param>
    public static double Score(string shardId, string node, int weight) => -weight / Math.Log(Unit(Mix(Fnv(Fnv(FnvOffset, shardId), node))));

    /// <summary>The best of the nodes, null where there are none. Equal scores go to the first name in ordinal order.</summary>
    public static T? Best<T>(string shardId, IEnumerable<T> nodes, Func<T, (string Name, int Weight)> describe)
        where T : class
    {
        T? best = null;
        var bestName = string.Empty;
        var bestScore = double.NegativeInfinity;
        foreach (var node in nodes)
        {
            var (name, weight) = describe(node);
            var score = Score(shardId, name, weight);
            if (score > bestScore || (score == bestScore && string.CompareOrdinal(name, bestName) < 0))
            {
                (best, bestName, bestScore) = (node, name, score);
            }
        }

        return best;
    }

    private static ulong Fnv(ulong hash, string text)
    {
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            hash = unchecked((hash ^ octet) * FnvPrime);
        }

        // The end of each part counts, so that ("1", "2") and ("12", "") differ. 0xFF occurs in no UTF-8 text.
        return unchecked((hash ^ 0xFF) * FnvPrime);
    }

    private static ulong Mix(ulong x)
    {
        unchecked
        {
            x += 0x9E3779B97F4A7C15;
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
            return x ^ (x >> 31);
        }
    }

    // 53 bits, moved off both ends: the logarithm of neither 0 nor 1 can be divided by.
    private static double Unit(ulong hash) => ((hash >> 11) + 0.5) / (1UL << 53);
}
