using System.Buffers;
using Microsoft.Extensions.Primitives;
using Pomegranate.Wire;

namespace Pomegranate.Streaming;

/// <summary>Headers and trailers on a stream.</summary>
internal static class StreamHeaders
{
    public static byte[] ToBytes(KeyValuePair<string, StringValues>[] headers)
    {
        if (headers.Length == 0)
        {
            return [];
        }

        var buffer = new ArrayBufferWriter<byte>();
        HeaderFormat.Write(new WireWriter(buffer), headers);
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="WireFormatException">The bytes are no headers.</exception>
    public static KeyValuePair<string, StringValues>[] Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return [];
        }

        var reader = new WireReader(bytes);
        var headers = HeaderFormat.Read(ref reader);
        reader.End();
        return headers;
    }
}
