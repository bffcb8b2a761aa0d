using System.Diagnostics;
using System.Net;
using Pomegranate.ClusterTests.Harness;
using Xunit.Abstractions;

namespace Pomegranate.ClusterTests.Http;

/// <summary>A client that leaves: the app's <c>RequestAborted</c> fires within a second, in every phase and protocol.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class LeavingTests(SharedCluster shared, ITestOutputHelper output)
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(1);

    /// <summary>On a machine that does other work too: one of so many attempts must keep the promise.</summary>
    private const int Attempts = 5;

    [Theory]
    [InlineData(1, "waits")]
    [InlineData(2, "waits")]
    [InlineData(1, "answers")]
    [InlineData(2, "answers")]
    [InlineData(1, "reads")]
    [InlineData(2, "reads")]
    public async Task ClientLeaves_RequestAbortedFiresWithinASecond(int http, string appsState)
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Kestrel:EndpointDefaults:Protocols", $"Http{http}"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        var took = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < Attempts && took > Promise; attempt++)
        {
            took = await LeaveAsync(browser, new Version(http, http == 1 ? 1 : 0), appsState);
        }

        output.WriteLine($"HTTP/{http}, the app {appsState}: RequestAborted after {took.TotalMilliseconds:F0} ms");
        Assert.InRange(took, TimeSpan.Zero, Promise);
    }

    /// <returns>How long after the client had left the app heard of it.</returns>
    private static async Task<TimeSpan> LeaveAsync(Browser browser, Version version, string appsState)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        var path = browser.Path(async context =>
        {
            await using var registration = context.RequestAborted.Register(() => aborted.TrySetResult(Stopwatch.GetTimestamp()));
            switch (appsState)
            {
                case "answers":
                    await context.Response.WriteAsync("begun");
                    await context.Response.Body.FlushAsync();
                    break;
                case "reads":
                    await context.Request.Body.ReadExactlyAsync(new byte[SharedCluster.InlineBytes + 1]);
                    break;
            }

            begun.SetResult();
            await aborted.Task;
        });
        using var leave = new CancellationTokenSource();
        using var request = new HttpRequestMessage(appsState == "reads" ? HttpMethod.Post : HttpMethod.Get, path)
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = appsState == "reads" ? new Endless() : null,
        };
        var sending = browser.BeginAsync(request, leave.Token);
        await begun.Task.For($"the app that {appsState}");
        var answered = appsState == "answers" ? await sending.For("the head") : null;

        var left = Stopwatch.GetTimestamp();
        await leave.CancelAsync();
        answered?.Dispose();

        await aborted.Task.For("RequestAborted after the client left");
        await Task.WhenAny(sending).For("the client's own end");
        return Stopwatch.GetElapsedTime(left, await aborted.Task);
    }

    /// <summary>A body that has begun and does not end.</summary>
    private sealed class Endless : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[SharedCluster.InlineBytes + 1], cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
