using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Pomegranate.Conformance.Cases;

namespace Pomegranate.Conformance.Wire;

/// <summary>A WebSocket's client that sends bytes as they are, and notes each frame that comes until the end.</summary>
internal static class SocketClient
{
    /// <summary>RFC 6455's own example.</summary>
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==";

    private static readonly Outcome Cut = new(["(no handshake: cut)"], "no WebSocket");

    public static async Task<Outcome> RunAsync(int port, string name, SocketStep step)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        await using var stream = new NetworkStream(socket);
        var head = new Request("GET", step.Path,
            ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", $"Sec-WebSocket-Key: {Key}", .. step.Headers]).Head([]);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head));
        Answer handshake;
        try
        {
            handshake = await Deadline.Of(HandshakeAsync(stream), $"{name}'s handshake");
        }
        catch (IOException)
        {
            return Cut;
        }

        if (!handshake.StatusLine.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal))
        {
            return new Outcome([handshake.Describe()], "no WebSocket");
        }

        return await Deadline.Of(TalkAsync(handshake, stream, step), $"{name}'s end of the WebSocket");
    }

    /// <summary>Extended CONNECT (RFC 8441): the stream is the socket.</summary>
    public static async Task<Outcome> RunOverHttp2Async(int port, string name, SocketStep step)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null });
        using var request = new HttpRequestMessage(HttpMethod.Connect, new Uri($"http://127.0.0.1:{port}{step.Path}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Protocol = "websocket";
        request.Headers.Host = "shop.test";
        foreach (var header in step.Headers.Prepend("Sec-WebSocket-Version: 13"))
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim(' '));
        }

        HttpResponseMessage response;
        try
        {
            response = await Deadline.Of(http.SendAsync(request, CancellationToken.None), $"{name}'s handshake over HTTP/2");
        }
        catch (HttpRequestException)
        {
            return Cut;
        }

        using var answered = response;
        var handshake = new Answer
        {
            StatusLine = $"HTTP/2.0 {(int)response.StatusCode}",
            Headers = [.. response.Headers.NonValidated.SelectMany(h => h.Value.Select(v => (h.Key.ToLowerInvariant(), v)))],
            Framing = "none",
        };
        if (response.StatusCode != HttpStatusCode.OK)
        {
            return new Outcome([handshake.Describe()], "no WebSocket");
        }

        await using var stream = await response.Content.ReadAsStreamAsync();
        return await Deadline.Of(TalkAsync(handshake, stream, step), $"{name}'s end of the WebSocket over HTTP/2");
    }

    private static async Task<Answer> HandshakeAsync(Stream stream)
    {
        // Byte by byte: what follows the head is the socket's.
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }

        using var copy = new MemoryStream(Encoding.Latin1.GetBytes(head.ToString()));
        return await new ResponseReader(copy).ReadAsync("HEAD");
    }

    private static async Task<Outcome> TalkAsync(Answer handshake, Stream stream, SocketStep step)
    {
        var seen = new List<string> { handshake.Describe() };
        var sending = SendAsync(stream, step.Pieces);
        try
        {
            while (await ReadFrameAsync(stream) is { } frame)
            {
                seen.Add(frame);
            }
        }
        catch (Exception end) when (end is IOException or HttpProtocolException)
        {
            // Closed or reset: a server that leaves bytes unread does the one or the other.
        }

        await sending;
        return new Outcome(seen, "ended");
    }

    private static async Task SendAsync(Stream stream, IEnumerable<byte[]> pieces)
    {
        try
        {
            foreach (var piece in pieces)
            {
                await stream.WriteAsync(piece);
                await stream.FlushAsync();
            }
        }
        catch (Exception end) when (end is IOException or HttpProtocolException or ObjectDisposedException)
        {
            // The server has ended it; the frames tell why.
        }
    }

    private static async Task<string?> ReadFrameAsync(Stream stream)
    {
        var start = new byte[2];
        if (await stream.ReadAtLeastAsync(start, 2, throwOnEndOfStream: false) < 2)
        {
            return null;
        }

        var length = (long)(start[1] & 0x7F);
        if (length >= 126)
        {
            var more = new byte[length == 126 ? 2 : 8];
            await stream.ReadExactlyAsync(more);
            length = more.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(more) : BinaryPrimitives.ReadInt64BigEndian(more);
        }

        var payload = new byte[length];
        await stream.ReadExactlyAsync(payload);
        return string.Create(
            CultureInfo.InvariantCulture, $"frame {start[0]:x2}{((start[1] & 0x80) != 0 ? " masked" : "")}, {length} bytes: {TextOf(payload, start[0] & 0x0F)}");
    }

    private static string TextOf(byte[] payload, int opcode) => opcode switch
    {
        8 when payload.Length >= 2 => $"{BinaryPrimitives.ReadUInt16BigEndian(payload)} {Encoding.Latin1.GetString(payload, 2, payload.Length - 2)}",
        _ when payload.Length > 200 => $"sha256 {Convert.ToHexString(SHA256.HashData(payload))}",
        _ => Convert.ToHexString(payload),
    };
}
