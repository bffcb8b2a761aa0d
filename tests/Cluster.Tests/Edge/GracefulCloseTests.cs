using System.Net;
using System.Net.Sockets;
using System.Text;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>A frontend that stops: no new connections, and those that it has are served once more.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class GracefulCloseTests(SharedCluster shared)
{
    [Fact]
    public async Task Stopping_PortIsClosed_KeptConnectionIsServedAndToldToClose()
    {
        // Longer than any wait in this test: the close lasts until the test has seen what it wants.
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Pomegranate:Gateway:CloseDelay", "00:02:00"));
        using var kept = await ConnectAsync(frontend);
        using var reader = new StreamReader(kept.GetStream(), Encoding.Latin1);
        Assert.DoesNotContain("Connection: close", await AskAsync(kept, reader));

        using var enough = new CancellationTokenSource();
        var stop = frontend.StopAsync(enough.Token);
        try
        {
            await Await.UntilAsync("a port that takes no connections", () => IsOpenAsync(frontend), isOpen => !isOpen);
            var answer = await AskAsync(kept, reader);

            Assert.StartsWith("HTTP/1.1 404 ", answer[0], StringComparison.Ordinal);
            Assert.Contains("Connection: close", answer);
            Assert.Equal("", await reader.ReadToEndAsync().For("the connection's end"));
            Assert.False(stop.IsCompleted, "The frontend had stopped.");
        }
        finally
        {
            await enough.CancelAsync();
            await stop.ContinueWith(_ => { }, TaskScheduler.Default).For("the frontend's stop");
        }
    }

    [Fact]
    public async Task Stopping_IdleConnectionsAreClosedAfterTheDelay()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Pomegranate:Gateway:CloseDelay", "00:00:00.100"));
        using var kept = await ConnectAsync(frontend);
        using var reader = new StreamReader(kept.GetStream(), Encoding.Latin1);
        await AskAsync(kept, reader);

        await frontend.StopAsync(CancellationToken.None).For("the frontend's stop");

        Assert.Equal("", await reader.ReadToEndAsync().For("the connection's end"));
    }

    private static async Task<TcpClient> ConnectAsync(TestFrontend frontend)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, frontend.Address.Port).For("a connection to the frontend");
        return client;
    }

    private static async Task<bool> IsOpenAsync(TestFrontend frontend)
    {
        try
        {
            using var client = await ConnectAsync(frontend);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>TestApp has no such page: the answer has no body.</summary>
    private static async Task<List<string>> AskAsync(TcpClient client, StreamReader reader)
    {
        await client.GetStream().WriteAsync("GET /none HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        var head = new List<string>();
        while (await reader.ReadLineAsync().For("the answer's head") is { Length: > 0 } line)
        {
            head.Add(line);
        }

        Assert.NotEmpty(head);
        return head;
    }
}
