using System.Runtime.InteropServices;
using Pomegranate.Backend.State;

namespace Pomegranate.Backend.Sessions;

/// <summary>The app's attributes of a session as they were at one moment; our own, which sort first, are left out.</summary>
internal readonly struct SessionSnapshot
{
    private readonly ReadOnlyMemory<SessionAttribute> _attributes;

    /// <param name="entry">Null for a session that does not exist.</param>
    public SessionSnapshot(SessionEntry? entry)
    {
        var all = (entry?.Attributes ?? []).AsMemory();
        var reserved = 0;
        while (reserved < all.Length && LastRequest.IsReserved(all.Span[reserved].Key))
        {
            reserved++;
        }

        _attributes = all[reserved..];
    }

    /// <summary>By key. Those that have been removed are among them.</summary>
    public ReadOnlyMemory<SessionAttribute> Attributes => _attributes;

    /// <summary>What the attributes weigh against <see cref="ClusterSessionOptions.MaxSessionBytes"/>.</summary>
    public int Bytes
    {
        get
        {
            var bytes = 0;
            foreach (ref readonly var attribute in _attributes.Span)
            {
                bytes += attribute.IsRemoved ? 0 : SessionSize.Of(attribute.Key, attribute.Value);
            }

            return bytes;
        }
    }

    /// <summary>Of those that are there.</summary>
    public IEnumerable<string> LiveKeys =>
        MemoryMarshal.ToEnumerable(_attributes).Where(a => !a.IsRemoved).Select(a => a.Key);

    public byte[]? Find(string key)
    {
        var index = _attributes.Span.BinarySearch(new KeyOrder(key));
        return index >= 0 ? _attributes.Span[index].Value : null;
    }

    /// <summary>Which commit has written the attribute; the default where there is none, or it was removed.</summary>
    public SessionVersion VersionOf(string key)
    {
        var index = _attributes.Span.BinarySearch(new KeyOrder(key));
        return index >= 0 && _attributes.Span[index] is { IsRemoved: false, Version: var version } ? version : default;
    }

    private readonly struct KeyOrder(string key) : IComparable<SessionAttribute>
    {
        public int CompareTo(SessionAttribute other) => string.CompareOrdinal(key, other.Key);
    }
}
