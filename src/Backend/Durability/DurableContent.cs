using Pomegranate.Backend.State;

namespace Pomegranate.Backend.Durability;

/// <summary>What a store held when it was opened.</summary>
internal sealed record DurableContent(IReadOnlyDictionary<int, SessionBucket> Buckets, IReadOnlyList<string> Keys)
{
    public static readonly DurableContent Empty = new(new Dictionary<int, SessionBucket>(), []);
}
