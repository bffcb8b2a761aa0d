using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using Akka.Event;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Sessions;
using Xunit.Abstractions;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>
/// The trap of size: what is harmless with ten sessions must not exceed a frame with a hundred thousand. More of them:
/// <c>POMEGRANATE_TEST_SESSIONS=100000 dotnet test tests/Backend.Tests --filter ManySessions --logger "console;verbosity=detailed"</c>.
/// </summary>
[Collection(RealClusters.Name)]
public sealed class ManySessionsTests(ITestOutputHelper output) : IDisposable
{
    private const int SessionBytes = 1024;

    /// <summary>Several times what fits a frame, in the normal suite too.</summary>
    private const int UsualSessions = 30_000;

    /// <summary>Gossip at its usual pace: it, too, must stay within a frame. Akka logs payloads above the limit here.</summary>
    private const string WatchedFrames = """
        akka.loglevel = INFO
        akka.remote.log-frame-size-exceeding = 1000000b
        """;

    private static readonly TimeSpan JoinLimit = TimeSpan.FromMinutes(3);

    private readonly List<ReplicatingNode> _nodes = [];
    private readonly ConcurrentQueue<string> _tooLarge = [];

    private static int Sessions =>
        int.TryParse(Environment.GetEnvironmentVariable("POMEGRANATE_TEST_SESSIONS"), CultureInfo.InvariantCulture, out var sessions)
            ? sessions
            : UsualSessions;

    [Fact]
    public async Task Joining_ManySessions_CompleteAndEveryMessageFitsItsFrame()
    {
        var ids = Enumerable.Range(0, Sessions).Select(_ => SessionId.NewRandom()).ToArray();
        var buckets = ids.GroupBy(id => SessionBuckets.KeyOf(id).Bucket).ToDictionary(
            bucket => bucket.Key, bucket => SessionBucket.Of(long.MinValue, bucket.Select(id => KeyValuePair.Create(id, Entry()))));
        var first = await JoinAsync();
        var second = await JoinAsync();
        await first.Completed.For("the first replica to be complete");
        await second.Completed.For("the second replica to be complete");
        await first.AwaitVotersAsync(2);
        foreach (var (number, bucket) in buckets)
        {
            await first.PutAsync(number, bucket);
            await second.PutAsync(number, bucket);
        }

        var clock = Stopwatch.StartNew();
        var third = await JoinAsync();
        await third.Completed.For("the joining replica to be complete", JoinLimit);
        output.WriteLine($"{Sessions} sessions of {SessionBytes} bytes: complete {clock.Elapsed.TotalSeconds:F1} s after the node began to join.");

        foreach (var (number, bucket) in buckets)
        {
            Assert.Equal(bucket.Digest(), (await third.ReadAsync(number)).Digest());
        }

        Assert.NotNull(await third.Client.RecoverAsync(ids[0]).For("the recovery of one session"));
        await GossipAsync(first, third, buckets.Keys);
        Assert.True(_tooLarge.IsEmpty, string.Join(Environment.NewLine, _tooLarge));
    }

    public void Dispose() => _nodes.ForEach(node => node.Dispose());

    /// <summary>Every bucket changes on one node alone, and gossip has brought some of them to another after that.</summary>
    private static async Task GossipAsync(ReplicatingNode from, ReplicatingNode to, IReadOnlyCollection<int> buckets)
    {
        foreach (var number in buckets)
        {
            await from.PutAsync(number, SessionBucket.Of(Added(number), Entry()));
        }

        // What came while they changed was a smaller message than the next one.
        var before = await CountAsync();
        await Eventually.AwaitAsync("a gossip message to bring buckets", async () => await CountAsync() > before);

        static SessionId Added(int number) => new((ulong)number, 1);

        async Task<int> CountAsync()
        {
            var count = 0;
            foreach (var number in buckets)
            {
                count += (await to.ReadAsync(number)).Find(Added(number)) is null ? 0 : 1;
            }

            return count;
        }
    }

    /// <summary>Bytes that no compression makes smaller: gossip is compressed.</summary>
    private static SessionEntry Entry()
    {
        var value = new byte[SessionBytes];
        Random.Shared.NextBytes(value);
        return SessionEntry.Live(new(1, 1, 1), default, 1000, [new("basket", new(1, 1, 1), value)]);
    }

    private async Task<ReplicatingNode> JoinAsync()
    {
        var system = BackendSystem.Start(WatchedFrames);
        var ears = system.System.ActorOf(Props.Create(() => new FrameEars(_tooLarge)));
        system.System.EventStream.Subscribe(ears, typeof(LogEvent));
        var node = await ReplicatingNode.JoinAsync(system, _nodes.FirstOrDefault());
        _nodes.Add(node);
        return node;
    }

    /// <summary>Notes messages that remoting refused for their size, or found larger than any of ours should be.</summary>
    private sealed class FrameEars : ReceiveActor
    {
        public FrameEars(ConcurrentQueue<string> tooLarge) => Receive<LogEvent>(logged =>
        {
            // "Discarding oversized payload ..." and "New maximum payload size ...".
            var text = $"{logged.Message} {logged.Cause?.Message}";
            if (text.Contains("oversized payload", StringComparison.OrdinalIgnoreCase) || text.Contains("payload size", StringComparison.OrdinalIgnoreCase))
            {
                tooLarge.Enqueue(text);
            }
        });
    }
}
