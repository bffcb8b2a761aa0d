using System.Security.Cryptography;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// What apps see as a session's id: a GUID that follows from <see cref="SessionId"/>, on every node alike, so it stays as long
/// as the session, whichever node is its home. Nothing leads back: who reads it in a log cannot be that session's client.
/// </summary>
internal static class PublicSessionId
{
    public static string Of(SessionId id)
    {
        Span<byte> text = stackalloc byte[4 + SessionId.Size];
        "sid:"u8.CopyTo(text);
        id.Write(text[4..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);

        // RFC 9562 section 5.8: a UUID whose bits are the maker's own business.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true).ToString();
    }
}
