using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Pomegranate.Conformance.Cases;

namespace Pomegranate.Conformance.Wire;

/// <summary>
/// Sends HTTP/2 frames as they are, and tells what became of each stream and of the connection. Not compared: window
/// updates and settings, which come when the server likes, and the streams of a connection that ends with an error, as
/// what was answered before it depends on the moment.
/// </summary>
internal sealed class FrameClient
{
    private const string Probe = "the-end?";

    private readonly SortedDictionary<uint, StreamSeen> _streams = [];
    private readonly List<string> _connection = [];
    private string? _goAway;
    private bool _isProbed;

    public static async Task<Outcome> RunAsync(int port, string name, FramesStep step)
    {
        var client = new FrameClient();
        return await Deadline.Of(client.RunAsync(port, step), $"{name}'s end of the streams or the connection");
    }

    private async Task<Outcome> RunAsync(int port, FramesStep step)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync((byte[])[.. step.Preface, .. step.Bytes]);
        var awaited = step.Streams.Select(id => (uint)id).ToHashSet();
        var then = step.Then;
        try
        {
            if (awaited.Count == 0)
            {
                await stream.WriteAsync(H2.Ping(Probe));
            }

            while (!_isProbed && await ReadFrameAsync(stream) is { } ended)
            {
                if (awaited.Remove(ended) && awaited.Count == 0)
                {
                    await stream.WriteAsync((byte[])[.. then, .. H2.Ping(Probe)]);
                }
            }
        }
        catch (IOException)
        {
            // Closed or reset: what the server has said tells why.
        }

        return _goAway is not null
            ? new Outcome([], _goAway)
            : new Outcome([.. _streams.Select(seen => $"stream {seen.Key}: {seen.Value.Describe()}"), .. _connection], _isProbed ? "kept" : "closed");
    }

    /// <returns>The stream that has ended with the frame; 0 for none, null at the connection's end.</returns>
    private async Task<uint?> ReadFrameAsync(Stream stream)
    {
        var head = new byte[9];
        if (await stream.ReadAtLeastAsync(head, 9, throwOnEndOfStream: false) < 9)
        {
            return null;
        }

        var payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(head) >> 8];
        await stream.ReadExactlyAsync(payload);
        var id = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(5));
        var isLast = (head[4] & H2.EndStream) != 0;
        switch (head[3])
        {
            case 0:
                Of(id).Body.Append(Encoding.Latin1.GetString(payload));
                Of(id).IsWhole = isLast;
                return isLast ? id : 0;
            case 1:
                Of(id).Heads.Add(StatusOf(payload));
                Of(id).IsWhole = isLast;
                return isLast ? id : 0;
            case 3:
                Of(id).Reset = $"reset with {BinaryPrimitives.ReadUInt32BigEndian(payload)}";
                return id;
            case 6 when isLast && Encoding.ASCII.GetString(payload) == Probe:
                _isProbed = true;
                return 0;
            case 6:
                _connection.Add($"ping {head[4]:x2} {Encoding.ASCII.GetString(payload)}");
                return 0;
            case 7 when BinaryPrimitives.ReadUInt32BigEndian(payload.AsSpan(4)) is var code and > 0:
                _goAway = $"goaway with {code}";
                return 0;
            case 7:
                _connection.Add("goaway without an error");
                return 0;
            case 4 or 8:
                return 0;
            default:
                _connection.Add($"frame of type {head[3]}");
                return 0;
        }
    }

    private StreamSeen Of(uint id) => _streams.TryGetValue(id, out var seen) ? seen : _streams[id] = new StreamSeen();

    /// <summary>
    /// The status, which comes first. Kestrel uses the static table for some and literals for others, and, told that the
    /// table is empty, says so before the first.
    /// </summary>
    private static string StatusOf(byte[] block)
    {
        var at = 0;
        while ((block[at] & 0xE0) == 0x20)
        {
            at++;
        }

        string[] indexed = ["200", "204", "206", "304", "400", "404", "500"];
        return block[at] switch
        {
            >= 0x88 and <= 0x8E => indexed[block[at] - 0x88],
            0x08 or 0x18 or 0x48 => Encoding.ASCII.GetString(block, at + 2, block[at + 1]),
            _ => string.Create(CultureInfo.InvariantCulture, $"trailers or unknown ({block[at]:x2})"),
        };
    }

    private sealed class StreamSeen
    {
        public List<string> Heads { get; } = [];

        public StringBuilder Body { get; } = new();

        public bool IsWhole { get; set; }

        public string? Reset { get; set; }

        /// <summary>Of one that is reset only that counts.</summary>
        public string Describe() => Reset ?? $"{string.Join(", then ", Heads)}, {Body.Length} bytes '{(Body.Length > 100 ? "..." : Body)}', {(IsWhole ? "whole" : "open")}";
    }
}
