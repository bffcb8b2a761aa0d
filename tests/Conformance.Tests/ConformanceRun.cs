using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Pomegranate.ClusterTests.Harness;
using Pomegranate.Conformance.App;
using Pomegranate.Conformance.Cases;
using Pomegranate.Conformance.Compare;
using Pomegranate.Conformance.Wire;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Pomegranate.Conformance;

/// <summary>Both sides, and the whole corpus run once against them.</summary>
public sealed class ConformanceRun(IMessageSink messages) : IAsyncLifetime
{
    /// <summary>Cases at once: as many as keep a small machine busy.</summary>
    private const int Parallelism = 4;

    /// <summary>
    /// A case that differs is run again: some race on both sides, as a client's GOAWAY with the answer, and on a busy machine
    /// one side may win where the other loses.
    /// </summary>
    private const int MostRuns = 3;

    internal IReadOnlyList<Verdict> Verdicts { get; private set; } = [];

    public async Task InitializeAsync()
    {
        var (kestrel, kestrel1, kestrel2) = await ConformanceApp.StartOnKestrelAsync(builder => builder.Logging.AddProvider(new NodeLog()));
        await using var app = kestrel;
        await using var cluster = await TestCluster.StartAsync(ConformanceApp.Build, []);
        await using var frontend2 = await cluster.StartFrontendAsync(("Kestrel:EndpointDefaults:Protocols", "Http2"));
        Verdicts = await CompareAsync(
            (kestrel1, cluster.Frontend.Address.Port), (kestrel2, frontend2.Address.Port));
        messages.OnMessage(new DiagnosticMessage(Table()));
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>The run in numbers, by group.</summary>
    private string Table()
    {
        var text = new StringBuilder("Conformance with Kestrel\n");
        text.Append(CultureInfo.InvariantCulture, $"{"group",-24}{"cases run",12}{"identical",12}{"explained",12}{"unexplained",13}\n");
        foreach (var group in Verdicts.GroupBy(verdict => verdict.Name.Split(':')[0]))
        {
            Row(group.Key, [.. group]);
        }

        Row("all", Verdicts);
        Row("of them over HTTP/2", [.. Verdicts.Where(verdict => verdict.Name.EndsWith(" (HTTP/2)", StringComparison.Ordinal))]);
        foreach (var explanation in ExplainedDifferences.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"{explanation.Id,-36}{Verdicts.Count(v => v.Needed.Contains(explanation)),5} cases\n");
        }

        return text.ToString();

        void Row(string name, IReadOnlyCollection<Verdict> verdicts)
        {
            var identical = verdicts.Count(verdict => verdict.IsIdentical);
            var explained = verdicts.Count(verdict => verdict.IsExplained) - identical;
            text.Append(
                CultureInfo.InvariantCulture, $"{name,-24}{verdicts.Count,12}{identical,12}{explained,12}{verdicts.Count - identical - explained,13}\n");
        }
    }

    private static async Task<IReadOnlyList<Verdict>> CompareAsync((int Kestrel, int Cluster) http1, (int Kestrel, int Cluster) http2)
    {
        using var kestrel = new Http2Client(http2.Kestrel, "Kestrel");
        using var cluster = new Http2Client(http2.Cluster, "the cluster");
        var verdicts = new ConcurrentDictionary<int, Verdict>();
        var runs = Corpus.All.SelectMany(entry => entry.Case.AlsoOverHttp2
            ? new[] { (entry.Group, entry.Case, Http2: false), (entry.Group, entry.Case, Http2: true) }
            : [(entry.Group, entry.Case, Http2: false)]);
        await Parallel.ForEachAsync(runs.Index(), new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, async (run, _) =>
        {
            var (group, @case, isHttp2) = run.Item;
            var name = $"{group}: {@case.Name}{(isHttp2 ? " (HTTP/2)" : "")}";
            var verdict = await CompareAsync(name, @case, isHttp2);
            for (var again = 1; !verdict.IsExplained && again < MostRuns; again++)
            {
                verdict = await CompareAsync(name, @case, isHttp2);
            }

            verdicts[run.Index] = verdict;
        });
        return [.. verdicts.OrderBy(verdict => verdict.Key).Select(verdict => verdict.Value)];

        async Task<Verdict> CompareAsync(string name, Case @case, bool isHttp2)
        {
            var outcomes = await Task.WhenAll((@case.Steps[0], isHttp2) switch
            {
                (SocketStep socket, false) => new[]
                {
                    TextOf(SocketClient.RunAsync(http1.Kestrel, "Kestrel", socket)), TextOf(SocketClient.RunAsync(http1.Cluster, "the cluster", socket)),
                },
                (SocketStep socket, true) =>
                [
                    TextOf(SocketClient.RunOverHttp2Async(http2.Kestrel, "Kestrel", socket)), TextOf(SocketClient.RunOverHttp2Async(http2.Cluster, "the cluster", socket)),
                ],
                (FramesStep frames, _) =>
                [
                    TextOf(FrameClient.RunAsync(http2.Kestrel, "Kestrel", frames)), TextOf(FrameClient.RunAsync(http2.Cluster, "the cluster", frames)),
                ],
                (_, true) => [TextOf(kestrel.RunAsync(@case)), TextOf(cluster.RunAsync(@case))],
                _ => [TextOf(RunAsync(http1.Kestrel, "Kestrel", @case)), TextOf(RunAsync(http1.Cluster, "the cluster", @case))],
            });
            if (@case.Steps[0] is SocketStep { IsFault: true })
            {
                outcomes[0] = LastWords.Restored(outcomes[0], outcomes[1]);
            }

            return Verdict.Of(name, outcomes[0], outcomes[1], ExplainedDifferences.All);
        }
    }

    /// <summary>A case that does not end differs, as its text names the side; the others still run.</summary>
    private static async Task<string> TextOf(Task<Outcome> outcome)
    {
        try
        {
            return (await outcome).ToString();
        }
        catch (TimeoutException late)
        {
            return late.Message;
        }
    }

    private static async Task<Outcome> RunAsync(int port, string name, Case @case)
    {
        using var client = new Http1Client(port, name);
        return await client.RunAsync(@case);
    }
}
