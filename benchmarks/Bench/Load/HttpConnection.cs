using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pomegranate.Bench.Load;

/// <summary>
/// A keep-alive connection that sends prepared bytes and reads one response: the cheapest client there is, for the load
/// shares the machine with what it measures. It understands Content-Length and chunked bodies, no more.
/// </summary>
/// <param name="bufferBytes">The longest response.</param>
internal sealed class HttpConnection(int bufferBytes = 256 * 1024) : IDisposable
{
    private readonly byte[] _buffer = new byte[bufferBytes];
    private int _length;

    /// <summary>For who waits for several at once.</summary>
    public Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public void Dispose() => Socket.Dispose();

    /// <summary>A connection for <see cref="Send"/> and <see cref="Receive"/>.</summary>
    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static HttpConnection To(Uri url)
    {
        var connection = new HttpConnection();
        connection.Socket.Connect(IPAddress.Loopback, url.Port);
        return connection;
    }

    public Task ConnectAsync(Uri url) => Socket.ConnectAsync(IPAddress.Loopback, url.Port);

    /// <summary>The last response, whole.</summary>
    public ReadOnlySpan<byte> Response => _buffer.AsSpan(0, _length);

    /// <summary>Whether the last status was 200.</summary>
    public bool IsOk => Response.StartsWith("HTTP/1.1 200"u8);

    /// <summary>Whether the last status was 503.</summary>
    public bool IsRefusal => Response.StartsWith("HTTP/1.1 503"u8);

    /// <summary>Whether the server has closed it while nothing was asked: what is sent now would reach nobody.</summary>
    public bool IsClosed => Socket.Poll(0, SelectMode.SelectRead);

    /// <summary>Answers whether the status was 200.</summary>
    public async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> request)
    {
        _length = 0;
        await Socket.SendAsync(request);
        while (!Take(await Socket.ReceiveAsync(_buffer.AsMemory(_length))))
        {
        }

        return IsOk;
    }

    public void Send(ReadOnlySpan<byte> request)
    {
        _length = 0;
        Socket.Send(request);
    }

    /// <summary>Reads what has come; answers whether the response is complete.</summary>
    public bool Receive() => Take(Socket.Receive(_buffer.AsSpan(_length)));

    private bool Take(int read)
    {
        if (read == 0)
        {
            throw new BenchException("The server closed a connection under load.");
        }

        _length += read;
        return IsComplete(Response);
    }

    private static bool IsComplete(ReadOnlySpan<byte> response)
    {
        var end = response.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var head = response[..(end + 2)];
        var body = response[(end + 4)..];
        var at = IndexOfHeader(head, "content-length:");
        if (at < 0)
        {
            return body.EndsWith("0\r\n\r\n"u8);
        }

        var length = 0;
        for (at += "content-length:".Length; head[at] != '\r'; at++)
        {
            length = head[at] == ' ' ? length : (length * 10) + (head[at] - '0');
        }

        return body.Length >= length;
    }

    private static int IndexOfHeader(ReadOnlySpan<byte> head, string name)
    {
        for (var line = head.IndexOf("\r\n"u8); line >= 0 && line + 2 + name.Length <= head.Length;)
        {
            var start = line + 2;
            if (Ascii.EqualsIgnoreCase(head.Slice(start, name.Length), name))
            {
                return start;
            }

            var next = head[start..].IndexOf("\r\n"u8);
            line = next < 0 ? -1 : start + next;
        }

        return -1;
    }
}
