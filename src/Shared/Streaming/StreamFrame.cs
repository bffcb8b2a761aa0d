using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Pomegranate.Wire;

namespace Pomegranate.Streaming;

/// <summary>
/// What frontend and home say on a request's stream, a TCP connection that the home opens. A frame is its kind (one
/// byte), the length of what follows (four bytes, big-endian), and that.
/// </summary>
/// <remarks>
/// <code>
/// home                                        frontend
///  | Hello (secret, request, incarnation) ------> |   once
///  | Rate? ------------------------------------>  |   any time: how slow the client may be
///  | Body? ------------------------------------>  |   the app reads: send the request's body
///  | &lt;---------------------------- Data, ..., End |
///  | Head (the reply without its body) ---------> |   once, when the response is not complete in time or size
///  | Data, ..., End (trailers) -----------------> |
/// </code>
/// TCP is the back-pressure: who does not read makes the other wait. A connection that closes before End was cut: the
/// node died, the client left, or the app failed, and what was sent is not whole. After the head of an upgrade (101)
/// Data goes both ways until either closes.
/// </remarks>
internal enum StreamFrameKind : byte
{
    Hello = 1,
    Body = 2,
    Head = 3,
    Data = 4,
    End = 5,

    /// <summary>The server stops: the frontend tells a WebSocket's client that it goes away.</summary>
    GoingAway = 6,

    /// <summary>How slow the app lets the client be: <see cref="StreamRate"/>. Only for a request with facts.</summary>
    Rate = 7,

    /// <summary>The app has reset the client's stream: the error code (a varint), and the end. Only for a request with facts.</summary>
    Reset = 8,
}

/// <summary>Reads and writes <see cref="StreamFrameKind"/> frames.</summary>
internal static class StreamFrame
{
    public const int HeaderSize = 5;

    /// <summary>Longer data is cut into several frames, so that a reader's buffers stay small.</summary>
    public const int MaxData = 64 * 1024;

    /// <summary>Of a head: its headers are bounded by the server's own limits far below.</summary>
    public const int MaxControl = 1024 * 1024;

    public static void Write(PipeWriter output, StreamFrameKind kind, ReadOnlySpan<byte> payload)
    {
        WriteHeader(output, kind, payload.Length);
        output.Write(payload);
    }

    /// <summary>As many data frames as the bytes need.</summary>
    public static void WriteData(PipeWriter output, ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var part = data[..Math.Min(data.Length, MaxData)];
            Write(output, StreamFrameKind.Data, part);
            data = data[part.Length..];
        }
    }

    /// <summary>
    /// The next frame's kind and length, once its header has come; null where the connection ended before it.
    /// </summary>
    /// <exception cref="WireFormatException">The bytes are no frame.</exception>
    public static async ValueTask<(StreamFrameKind Kind, int Length)?> ReadHeaderAsync(PipeReader input, CancellationToken cancellation)
    {
        while (true)
        {
            var read = await input.ReadAsync(cancellation);
            if (read.IsCanceled)
            {
                throw new OperationCanceledException("The read of a stream was canceled.");
            }

            if (read.Buffer.Length >= HeaderSize)
            {
                var header = Parse(read.Buffer.Slice(0, HeaderSize));
                input.AdvanceTo(read.Buffer.GetPosition(HeaderSize));
                return header;
            }

            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                return null;
            }
        }
    }

    /// <summary>The whole payload of a frame that is not data; null where the connection ended within it.</summary>
    public static async ValueTask<byte[]?> ReadPayloadAsync(PipeReader input, int length, CancellationToken cancellation)
    {
        if (length == 0)
        {
            return [];
        }

        var read = await input.ReadAtLeastAsync(length, cancellation);
        if (read.Buffer.Length < length)
        {
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            return null;
        }

        var payload = read.Buffer.Slice(0, length).ToArray();
        input.AdvanceTo(read.Buffer.GetPosition(length));
        return payload;
    }

    private static void WriteHeader(PipeWriter output, StreamFrameKind kind, int length)
    {
        var span = output.GetSpan(HeaderSize);
        span[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(span[1..], length);
        output.Advance(HeaderSize);
    }

    private static (StreamFrameKind Kind, int Length) Parse(ReadOnlySequence<byte> bytes)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        bytes.CopyTo(header);
        var kind = (StreamFrameKind)header[0];
        var length = BinaryPrimitives.ReadInt32BigEndian(header[1..]);
        var most = kind switch
        {
            StreamFrameKind.Data => MaxData,
            >= StreamFrameKind.Hello and <= StreamFrameKind.Reset => MaxControl,
            _ => throw new WireFormatException($"A stream frame of kind {header[0]} is not known to this build."),
        };
        return length >= 0 && length <= most
            ? (kind, length)
            : throw new WireFormatException($"A stream frame of kind {kind} claims {length} bytes; {most} are the most.");
    }
}
