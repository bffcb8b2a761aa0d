using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Http;

/// <summary>
/// Upgrades to a protocol that is no WebSocket: bytes both ways, and none of ours among them. SPDY is the only other that
/// YARP passes on, for the sake of Kubernetes.
/// </summary>
[Collection(SharedClusterCollection.Name)]
public sealed class UpgradeTests(SharedCluster shared)
{
    [Fact]
    public async Task Bytes_PassBothWays_AndTheAppsReturnEndsTheConnection()
    {
        using var browser = shared.Cluster.NewBrowser();
        var (client, stream) = await UpgradeAsync(browser.Path(async context =>
        {
            await using var words = await UpgradeAsync(context);
            var five = new byte[5];
            await words.ReadExactlyAsync(five);
            await words.WriteAsync(five);
        }));
        using var closed = client;

        await stream.WriteAsync("hello"u8.ToArray());

        Assert.Equal("hello", await ReadToEndAsync(stream));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AppFailsOrAborts_ClientSeesTheEndAndNoWordOfOurs(bool aborts)
    {
        using var browser = shared.Cluster.NewBrowser();
        var (client, stream) = await UpgradeAsync(browser.Path(async context =>
        {
            await using var words = await UpgradeAsync(context);
            await words.WriteAsync("last words"u8.ToArray());

            // Not before they have arrived: Kestrel, as any server, may drop at a cut what it has not sent.
            await words.ReadExactlyAsync(new byte[1]);
            if (aborts)
            {
                context.Abort();
                return;
            }

            throw new InvalidOperationException("The app fails with an upgraded connection.");
        }));
        using var closed = client;
        var words = new byte[10];
        await stream.ReadExactlyAsync(words).AsTask().For("the app's last words");

        await stream.WriteAsync(new byte[1]);

        Assert.Equal("last words", Encoding.ASCII.GetString(words));
        Assert.Equal("", await ReadToEndAsync(stream));
    }

    private static async Task<Stream> UpgradeAsync(HttpContext context)
    {
        context.Response.Headers.Upgrade = "SPDY/3.1";
        return await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }

    private async Task<(TcpClient Client, NetworkStream Stream)> UpgradeAsync(string path)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, shared.Cluster.Frontend.Address.Port).For("a connection to the frontend");
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes($"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n"));

        // Byte by byte: what follows the head is the protocol's.
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one).AsTask().For("the answer's head");
            head.Append((char)one[0]);
        }

        Assert.StartsWith("HTTP/1.1 101 ", head.ToString(), StringComparison.Ordinal);
        return (client, stream);
    }

    private static async Task<string> ReadToEndAsync(NetworkStream stream)
    {
        var read = new List<byte>();
        var buffer = new byte[100];
        try
        {
            while (await stream.ReadAsync(buffer).AsTask().For("the upgraded connection's end") is var count and > 0)
            {
                read.AddRange(buffer[..count]);
            }
        }
        catch (IOException)
        {
            // Cut, after what has come.
        }

        return Encoding.ASCII.GetString([.. read]);
    }
}
