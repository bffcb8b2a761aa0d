using System.Text;

namespace Pomegranate.Backend.State;

/// <summary>What sessions weigh: for limits and for cutting batches.</summary>
internal static class SessionSize
{
    private const int EntryOverhead = 64;

    private const int AttributeOverhead = 24;

    /// <summary>An upper estimate of an entry's bytes on the wire.</summary>
    public static int Of(SessionEntry entry)
    {
        var bytes = EntryOverhead;
        foreach (var attribute in entry.Attributes)
        {
            bytes += Of(attribute.Key, attribute.Value);
        }

        return bytes;
    }

    public static int Of(string key, byte[]? value) => AttributeOverhead + Encoding.UTF8.GetByteCount(key) + (value?.Length ?? 0);
}
