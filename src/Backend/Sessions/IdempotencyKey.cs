using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Pomegranate.Http;
using Pomegranate.Wire;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// What a client's <c>Idempotency-Key</c> says (draft-ietf-httpapi-idempotency-key-header): requests with the same key
/// in the same session are one request, which is exactly-once. Only hashes are kept.
/// </summary>
/// <param name="Key">The key, as the client wrote it.</param>
/// <param name="Target">Method and target.</param>
/// <param name="Body">The body; null where it was streamed, because it is not known before the app reads it.</param>
internal sealed record IdempotencyKey(Guid Key, Guid Target, Guid? Body)
{
    public const string Header = "Idempotency-Key";

    /// <summary>Characters of a key. The draft's own examples have 36.</summary>
    public const int LongestKey = 255;

    /// <summary>The request's key; null where it has none or its method does not heed one.</summary>
    /// <exception cref="BadHttpRequestException">The key is empty, too long, or there are several.</exception>
    public static IdempotencyKey? Of(WebRequest request)
    {
        if (!HttpMethods.IsPost(request.Method) && !HttpMethods.IsPatch(request.Method))
        {
            // The other methods mean the same once or several times.
            return null;
        }

        return Read([.. request.Headers.Where(h => h.Key.Equals(Header, StringComparison.OrdinalIgnoreCase)).SelectMany(h => h.Value)]) is { } key
            ? new(
                Hash(Encoding.UTF8.GetBytes(key)),
                Hash(Encoding.UTF8.GetBytes($"{request.Method} {request.RawTarget}")),
                request.IsBodyStreamed ? null : Hash(request.Body.Span))
            : null;
    }

    /// <summary>The key among the header's values; null where there is none.</summary>
    /// <exception cref="BadHttpRequestException">The key is empty, too long, or there are several.</exception>
    public static string? Read(IReadOnlyList<string?> values) => values switch
    {
        [] => null,
        [{ Length: > 0 and <= LongestKey } key] => key,
        [var key] => throw new BadHttpRequestException(
            $"The {Header} has {key?.Length ?? 0} characters; it must have 1 to {LongestKey}. Make one key for each thing that is to happen once, a UUID for example."),
        _ => throw new BadHttpRequestException($"There are {values.Count} {Header} headers; a request has one key."),
    };

    /// <summary>Whether a request with the same key is the same request, as far as both are known.</summary>
    public bool IsSameRequest(IdempotencyKey other) =>
        Target == other.Target && (Body is null || other.Body is null || Body == other.Body);

    public void Write(WireWriter writer)
    {
        writer.Bytes(Key.ToByteArray());
        writer.Bytes(Target.ToByteArray());
        writer.Bytes(Body is { } body ? body.ToByteArray() : []);
    }

    /// <exception cref="WireFormatException">The bytes are no key.</exception>
    public static IdempotencyKey Read(ref WireReader reader) =>
        new(ReadHash(reader.Bytes()), ReadHash(reader.Bytes()), reader.Bytes() is { Length: > 0 } body ? ReadHash(body) : null);

    private static Guid Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);

        // 128 bits: nobody gains by a collision, because a key counts only in its client's own session.
        return new Guid(hash[..16]);
    }

    private static Guid ReadHash(byte[] bytes) =>
        bytes.Length == 16 ? new Guid(bytes) : throw new WireFormatException($"A hash has 16 bytes but this one has {bytes.Length}.");
}
