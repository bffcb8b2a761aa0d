using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Pomegranate.Sessions;

/// <summary>
/// A session's identity: random bits, made by a frontend or by a renewal, never by a client. Its text, 22 characters of
/// base64url, is the cookie's value and the shard entity's name: whoever has it has the session, so apps get to see
/// another value (<c>ISession.Id</c>).
/// </summary>
/// <remarks>
/// 127 bits from a cryptographic generator are twice what OWASP's session management cheat sheet asks (64 bits of
/// entropy). Immutable, safe to share between threads.
/// </remarks>
public readonly record struct SessionId
{
    /// <summary>Bytes on the wire.</summary>
    public const int Size = 16;

    /// <summary>Characters of the text form.</summary>
    public const int TextLength = 22;

    internal SessionId(ulong high, ulong low) => (High, Low) = (high, low);

    internal ulong High { get; }

    internal ulong Low { get; }

    /// <summary>A fresh id from the system's cryptographic generator.</summary>
    /// <remarks>
    /// Of letters and digits only, which is half of all. The framework's <c>UseSession()</c> reads the cookie as base64 before
    /// it asks us, and logs a warning with an exception for each that has another sign.
    /// </remarks>
    public static SessionId NewRandom()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Span<char> text = stackalloc char[TextLength];
        do
        {
            RandomNumberGenerator.Fill(bytes);
            Base64Url.EncodeToChars(bytes, text);
        }
        while (text.ContainsAny('-', '_'));

        return Read(bytes);
    }

    /// <summary>Reads the text form; false for anything that <see cref="ToString"/> could not have written.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out SessionId id)
    {
        id = default;
        return text is not null && TryParse(text.AsSpan(), out id);
    }

    /// <summary>The same of a part of a text.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SessionId id)
    {
        id = default;
        if (text.Length != TextLength)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Size];
        // Not TryDecodeFromChars: that throws on characters outside the alphabet, and the text is a client's.
        if (Base64Url.DecodeFromChars(text, bytes, out _, out var written) != OperationStatus.Done || written != Size)
        {
            return false;
        }

        id = Read(bytes);

        // 22 characters carry 132 bits: only the spelling with the four spare bits at zero is ours.
        Span<char> ours = stackalloc char[TextLength];
        id.Format(ours);
        return ours.SequenceEqual(text);
    }

    /// <summary>The 22-character base64url text.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Writes the text into as many characters.</summary>
    internal void Format(Span<char> text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        Base64Url.EncodeToChars(bytes, text);
    }

    /// <summary>
    /// A hash that is the same in every process and version: it places the session in a shard, so it must never change.
    /// The id is uniformly random already, so its low half is its hash; the high half places it in a bucket.
    /// </summary>
    internal ulong StableHash => Low;

    internal static SessionId Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
    }
}
