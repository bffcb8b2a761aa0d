namespace Pomegranate.Backend.State;

/// <summary>One attribute of a session, or the mark (<see cref="Value"/> null) that it was removed.</summary>
internal readonly record struct SessionAttribute(string Key, SessionVersion Version, byte[]? Value)
{
    public bool IsRemoved => Value is null;

    /// <summary>The later of two states of one attribute.</summary>
    public static SessionAttribute Latest(SessionAttribute left, SessionAttribute right)
    {
        var order = left.Version.CompareTo(right.Version);

        // One version writes an attribute once, so equal versions carry equal values. Were they ever to differ,
        // any fixed choice keeps the merge commutative.
        order = order != 0 ? order : left.Value.AsSpan().SequenceCompareTo(right.Value.AsSpan());
        return order >= 0 ? left : right;
    }
}
