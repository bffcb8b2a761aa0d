using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Pomegranate.EndToEnd.Tests.Hostile;

/// <summary>Clients that send slowly, never read, or leave: others are served all the while, and nothing of them stays.</summary>
[Collection("cluster")]
public class HostileClientTests(HostileCluster cluster, ITestOutputHelper output) : IClassFixture<HostileCluster>
{
    /// <summary>A visitor's longest wait beside them, on a machine that has other work too: a visitor behind the hostile clients would wait for all of them.</summary>
    private const double LongestWait = 10_000;

    [Fact]
    public async Task SlowSenders_AreCutAndKeepNobodyWaiting()
    {
        const int Each = 150;
        await cluster.AwaitIdleAsync();
        await using var honest = new HonestClient(cluster.Http1);
        var clock = Stopwatch.StartNew();

        var slow = await Task.WhenAll(Enumerable.Range(0, 2 * Each).Select(i => SendSlowlyAsync(
            i % 2 == 0
                ? "GET /plain HTTP/1.1\r\nHost: a\r\nX-Slow: "
                : "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf a body, and then ")));

        var cut = clock.Elapsed;
        var (visits, median, slowest) = await honest.EndAsync();
        Assert.All(slow, answer => Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer));
        Assert.InRange(slowest, 0, LongestWait);
        await cluster.AwaitIdleAsync();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{slow.Length} slow senders: all cut after {cut.TotalSeconds:F1} s; {visits} visits beside them, median {median:F1} ms, slowest {slowest:F0} ms"));
    }

    [Fact]
    public async Task ClientsThatNeverRead_CostLittleAndAreCut()
    {
        const int Clients = 200;
        const long MostPerClient = 1_500_000;
        await cluster.AwaitIdleAsync();
        var before = await NodeFigures.CollectedAsync(cluster.Nodes);
        await using var honest = new HonestClient(cluster.Http1);
        var deaf = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            var connection = await RawConnection.OpenAsync(cluster.Http1, receiveBuffer: 4096);
            await connection.SendAsync("GET /download?size=1000000000 HTTP/1.1\r\nHost: a\r\n\r\n");
            return connection;
        }));

        var most = before;
        await Harness.Await.UntilAsync(
            "every client that does not read cut", TimeSpan.FromSeconds(60),
            async () =>
            {
                most = [.. most.Zip(await NodeFigures.OfAsync(cluster.Nodes), (one, other) => other.Resident > one.Resident ? other : one)];
                return deaf.All(connection => connection.IsReset);
            },
            () => $"{deaf.Count(connection => !connection.IsReset)} are not");
        var (visits, median, slowest) = await honest.EndAsync();
        foreach (var (one, other) in before.Zip(most))
        {
            output.WriteLine($"before  {one}\nmost    {other}");
            Assert.InRange(other.Resident - one.Resident, long.MinValue, Clients * MostPerClient);
        }

        Assert.InRange(slowest, 0, LongestWait);
        await cluster.AwaitIdleAsync();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Clients} clients that never read; {visits} visits beside them, median {median:F1} ms, slowest {slowest:F0} ms"));
        foreach (var connection in deaf)
        {
            connection.Dispose();
        }
    }

    [Fact]
    public Task Aborted10000Requests_LeaveNothing() =>
        LeavesNothingAsync("10000 requests aborted in every way", share => AbortedRequests.RunAsync(10_000 / share, cluster.Http1, cluster.Http2, atOnce: 48));

    [Fact]
    public Task Flood_Of1000StreamResets_LeavesNothing() =>
        LeavesNothingAsync("1000 streams opened and reset in one breath", share => AbortedRequests.ResetRapidlyAsync(1000 / share, cluster.Http2));

    [Fact]
    public Task Flood_Of1000RequestsCutByTheirClients_LeavesNothing() =>
        LeavesNothingAsync("1000 requests and a reset behind each", share => AbortedRequests.CutRapidlyAsync(1000 / share, cluster.Http1));

    /// <summary>Runs it with a visitor beside it, and compares what the nodes hold before and after.</summary>
    /// <param name="flood">To be run whole for 1, a fifth of it for 5.</param>
    private async Task LeavesNothingAsync(string what, Func<int, Task> flood)
    {
        // A request that stays takes more than 1 KB, and there are 10,000 or 1,000 of them, each with its buffers.
        const long MostHeap = 8_000_000;

        // What a node makes once and keeps (pools, compiled code, ledgers) is made here.
        await flood(5);
        await cluster.AwaitIdleAsync();
        var before = await NodeFigures.CollectedAsync(cluster.Nodes);

        await using var honest = new HonestClient(cluster.Http1);
        var clock = Stopwatch.StartNew();
        await flood(1);
        var took = clock.Elapsed;
        var (visits, median, slowest) = await honest.EndAsync();
        await cluster.AwaitIdleAsync();
        var idle = clock.Elapsed - took;

        var after = await NodeFigures.CollectedAsync(cluster.Nodes);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {took.TotalSeconds:F1} s, nothing in hand {idle.TotalSeconds:F1} s later; {visits} visits beside them, median {median:F1} ms, slowest {slowest:F0} ms"));
        foreach (var (one, other) in before.Zip(after))
        {
            output.WriteLine($"before  {one}\nafter   {other}");
        }

        Assert.All(before.Zip(after), pair =>
        {
            var (one, other) = pair;

            // A request of ours in this moment, or the runtime's own, may make a difference of a few.
            Assert.InRange(other.Sockets - one.Sockets, -20, 5);
            Assert.InRange(other.Timers - one.Timers, -20, 10);
            Assert.InRange(other.Threads - one.Threads, -10, 5);
            Assert.InRange(other.Heap - one.Heap, long.MinValue, MostHeap);
        });
        Assert.InRange(slowest, 0, LongestWait);
    }

    /// <summary>A byte every 100 ms.</summary>
    /// <returns>What the server said, or nothing, when it had ended the connection.</returns>
    private async Task<string> SendSlowlyAsync(string beginning)
    {
        using var connection = await RawConnection.OpenAsync(cluster.Http1);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        await connection.SendAsync(beginning);
        var answer = connection.ReceiveAsync();
        while (await Task.WhenAny(answer, pace.WaitForNextTickAsync().AsTask()) != answer)
        {
            try
            {
                await connection.SendAsync("x");
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Cut; the answer says so too.
                break;
            }
        }

        return await answer;
    }
}
