using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pomegranate.ClusterTests.Harness;

/// <summary>One HTTP/1.1 exchange as text: no client library hides a header.</summary>
internal static class RawHttp
{
    /// <param name="head">The request line and headers, without the final blank line; it should ask to close.</param>
    public static async Task<string> SendAsync(Uri frontend, string head)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, frontend.Port).For("a connection to the frontend");
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head.ReplaceLineEndings("\r\n") + "\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync().For("the frontend's response and the connection's end");
    }
}
