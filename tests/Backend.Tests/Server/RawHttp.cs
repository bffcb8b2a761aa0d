using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>One HTTP/1.1 request as bytes, and what came back as bytes: no client library smooths anything.</summary>
internal static class RawHttp
{
    /// <summary>What a client can tell of a response. Null: the connection was cut before the response was whole.</summary>
    public sealed record Reply(int Status, string Reason, List<(string Name, string Value)> Headers, byte[] Body);

    public static async Task<Reply?> SendAsync(
        int port, string method, string target, IEnumerable<(string Name, string Value)> headers, byte[]? body)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port).For("a connection to Kestrel");
        var head = new StringBuilder($"{method} {target} HTTP/1.1\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        var stream = client.GetStream();

        // In one write: Kestrel may have answered and reset before a second one.
        byte[] request = [.. Encoding.Latin1.GetBytes(head.Append("Connection: close\r\n\r\n").ToString()), .. body ?? []];
        await stream.WriteAsync(request);
        var all = new MemoryStream();
        try
        {
            await stream.CopyToAsync(all).For($"Kestrel's response to {method} {target}");
        }
        catch (IOException)
        {
            // A reset: whatever arrived is judged by its own framing.
        }

        return Parse(method, all.ToArray());
    }

    private static Reply? Parse(string method, byte[] bytes)
    {
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return null;
        }

        var lines = Encoding.Latin1.GetString(bytes, 0, end).Split("\r\n");
        var status = lines[0].Split(' ', 3);
        var code = int.Parse(status[1], CultureInfo.InvariantCulture);
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).Select(p => (p[0].TrimEnd(':'), p.Length > 1 ? p[1] : "")).ToList();
        var rest = bytes.AsSpan(end + 4);
        byte[]? body = rest.ToArray();
        if (method == "HEAD" || code is 204 or 304)
        {
            body = rest.IsEmpty ? [] : null;
        }
        else if (headers.Any(h => h.Item1 == "Transfer-Encoding"))
        {
            body = Dechunk(rest);
        }
        else if (headers.FirstOrDefault(h => h.Item1 == "Content-Length").Item2 is { } length)
        {
            body = rest.Length == int.Parse(length, CultureInfo.InvariantCulture) ? body : null;
        }

        return body is null ? null : new Reply(code, status[2], headers, body);
    }

    private static byte[]? Dechunk(ReadOnlySpan<byte> rest)
    {
        var body = new MemoryStream();
        while (rest.IndexOf("\r\n"u8) is >= 0 and var line)
        {
            var size = int.Parse(Encoding.ASCII.GetString(rest[..line]), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return body.ToArray();
            }

            body.Write(rest.Slice(line + 2, size));
            rest = rest[(line + 2 + size + 2)..];
        }

        return null;
    }
}
