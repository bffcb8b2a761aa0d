using System.Buffers;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Wire;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// Which request made a session's last change, and what it changed from. When that request's node dies after the commit
/// but before the answer, an idempotent request is sent again: its new home runs it on the session as it was before, so
/// that its effect is there once.
/// </summary>
/// <remarks>
/// Kept as an attribute of the session under a key that no app can use, so it is replicated in the same commit and
/// merged by the same rule.
/// </remarks>
internal static class LastRequest
{
    /// <summary>Sorts before every key an app may use.</summary>
    public const string Key = "\0last-request";

    /// <summary>Larger former values are not kept: the request would be run on what it left behind.</summary>
    private const int MostBytes = 16 * 1024;

    /// <summary>After the values, where the request had not ended.</summary>
    private const byte Early = 1;

    public static bool IsReserved(string key) => key.StartsWith('\0');

    /// <summary>The attribute to commit along with <paramref name="changes"/>.</summary>
    /// <param name="isEarly">The request goes on, and may change the same again.</param>
    public static SessionAttribute Attribute(
        RequestId request, SessionVersion version, SessionEntry? before, IReadOnlyCollection<KeyValuePair<string, byte[]?>> changes, bool isEarly = false)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(buffer);
        writer.UInt64(request.Frontend);
        writer.VarInt(request.Number);
        writer.Count(changes.Count);

        // Run again at a second new home, it must find what it found the first time, not what its first run left.
        var undone = before is null ? null : Undo(before, request);
        foreach (var (key, _) in changes)
        {
            var former = undone?.FirstOrDefault(value => value.Key == key) is { Key: not null } first ? first.Value : before?.Find(key);
            writer.String(key);
            writer.Bool(former is not null);
            if (former is not null)
            {
                writer.Bytes(former);
            }
        }

        if (isEarly)
        {
            writer.Byte(Early);
        }

        return new SessionAttribute(Key, version, buffer.WrittenCount <= MostBytes ? buffer.WrittenSpan.ToArray() : null);
    }

    /// <summary>
    /// The values the session had before <paramref name="request"/> changed it; null where it did not, or something
    /// else has been committed since.
    /// </summary>
    public static IReadOnlyCollection<KeyValuePair<string, byte[]?>>? Undo(SessionEntry entry, RequestId request)
    {
        if (entry.Attributes is not [{ Key: Key } last, .. var others] || others.Any(a => !IsReserved(a.Key) && a.Version > last.Version))
        {
            return null;
        }

        return Former(last, request, orEarly: true);
    }

    /// <summary>
    /// The values the session had before <paramref name="request"/> changed it and ended, whatever has been committed since: its
    /// effect is part of the session.
    /// </summary>
    /// <param name="kept">The attribute that its commit left.</param>
    public static IReadOnlyCollection<KeyValuePair<string, byte[]?>>? Done(SessionAttribute kept, RequestId request) =>
        Former(kept, request, orEarly: false);

    private static KeyValuePair<string, byte[]?>[]? Former(SessionAttribute kept, RequestId request, bool orEarly)
    {
        if (kept.Value is not { } bytes)
        {
            return null;
        }

        var reader = new WireReader(bytes);
        if (new RequestId(reader.UInt64(), reader.VarInt()) != request)
        {
            return null;
        }

        var former = new KeyValuePair<string, byte[]?>[reader.Count(2)];
        for (var i = 0; i < former.Length; i++)
        {
            former[i] = new(reader.String(), reader.Bool() ? reader.Bytes() : null);
        }

        return orEarly || reader.Remaining == 0 ? former : null;
    }
}
