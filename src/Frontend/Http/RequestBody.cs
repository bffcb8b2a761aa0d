using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Http;

/// <summary>Reads a request's body whole, up to a limit: kept so that the request can be sent again after a failover.</summary>
internal static class RequestBody
{
    /// <exception cref="GatewayException">The body is longer than <paramref name="limit"/>.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent? content, long? announced, int limit, CancellationToken cancellation)
    {
        if (content is null)
        {
            return default;
        }

        if (announced > limit)
        {
            throw TooLarge(limit);
        }

        using var buffer = new LimitedBuffer(limit, (int)(announced ?? 0));
        await content.CopyToAsync(buffer, cancellation);
        return buffer.IsOverLimit ? throw TooLarge(limit) : buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    private static GatewayException TooLarge(int limit) => new(
        GatewayFailure.BodyTooLarge, 413, $"The request's body is longer than {limit} bytes (Pomegranate:Gateway:MaxRequestBodyBytes).");

    /// <summary>Swallows what is over the limit: an exception here would look to YARP like a failed client.</summary>
    private sealed class LimitedBuffer(int limit, int capacity) : MemoryStream(capacity)
    {
        public bool IsOverLimit { get; private set; }

        // The one method to override: for a derived class, MemoryStream's other ways to write end here, so an override
        // of the span's that called its base would call itself.
        public override void Write(byte[] buffer, int offset, int count)
        {
            IsOverLimit |= Length + count > limit;
            if (!IsOverLimit)
            {
                base.Write(buffer, offset, count);
            }
        }
    }
}
