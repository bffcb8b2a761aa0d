using System.Globalization;
using Akka.DistributedData;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.State;

/// <summary>Which DData key holds a session.</summary>
internal static class SessionBuckets
{
    /// <summary>
    /// The number of buckets: part of the data format, the same on every node. At 100,000 sessions of 1 KB a bucket
    /// holds 25 KB, at 3 GB of sessions ten of them still fit one remoting frame (see max-delta-elements in
    /// pomegranate.conf).
    /// </summary>
    public const int Count = 4096;

    private const string Prefix = "sessions-";

    private static readonly BucketKey[] Keys = [.. Enumerable.Range(0, Count).Select(n => new BucketKey(n))];

    /// <summary>The high half places a session in a bucket, the low half in a shard, so neither follows from the other.</summary>
    public static BucketKey KeyOf(SessionId id) => Keys[id.High % Count];

    public static BucketKey KeyOf(int bucket) => Keys[bucket];

    /// <summary>The bucket numbers among the names of all DData keys.</summary>
    public static IEnumerable<int> NumbersOf(IEnumerable<string> keys)
    {
        foreach (var key in keys)
        {
            if (key.StartsWith(Prefix, StringComparison.Ordinal)
                && int.TryParse(key.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var bucket))
            {
                yield return bucket;
            }
        }
    }

    /// <summary>The key of one bucket.</summary>
    internal sealed class BucketKey(int bucket) : Key<SessionBucket>(Prefix + bucket.ToString(CultureInfo.InvariantCulture))
    {
        public int Bucket { get; } = bucket;
    }
}
