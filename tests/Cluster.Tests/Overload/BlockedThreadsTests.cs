using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Overload;

/// <summary>An app that blocks every thread of the pool harms itself: its node stays a member.</summary>
public sealed class BlockedThreadsTests
{
    private const int Blocking = 200;

    /// <summary>Three times the heartbeat pause after which a silent member is suspected.</summary>
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task AppBlocksEveryPoolThread_NoMemberBecomesUnreachable()
    {
        await using var cluster = await TestCluster.StartAsync(("Pomegranate:Cluster:AcceptableHeartbeatPause", "00:00:02"));
        var events = new ConcurrentQueue<string>();
        foreach (var services in cluster.Backends.Select(backend => backend.Services).Append(cluster.Frontend.Services))
        {
            services.GetRequiredService<ActorSystem>().ActorOf(Props.Create(() => new Witness(events)).WithDispatcher("akka.actor.internal-dispatcher"), "witness");
        }

        using var gate = new ManualResetEventSlim();
        using var isBlocked = new ManualResetEventSlim();
        var browsers = Enumerable.Range(0, Blocking).Select(_ => cluster.NewBrowser()).ToList();

        // The pool that runs this test is the one that is blocked.
        var (answers, wasStarved) = await RunOnItsOwnThread(() =>
        {
            var requests = browsers.ConvertAll(browser => Task.Run(() => browser.RunAsync(_ =>
            {
                isBlocked.Set();
                gate.Wait();
                return "done";
            })));
            Assert.True(isBlocked.Wait(TimeSpan.FromSeconds(30)), "The app did not get its requests.");
            using var probe = new ManualResetEventSlim();
            ThreadPool.QueueUserWorkItem(_ => probe.Set());
            var gotThrough = probe.Wait(Hold);
            gate.Set();
            return (requests, !gotThrough);
        });

        Assert.All(await Task.WhenAll(answers).For("the answers once the app goes on"), answer => Assert.Equal("done", answer.Ok()));
        Assert.True(wasStarved, "The pool had a free thread: the test has shown nothing.");
        Assert.Empty(events);
        browsers.ForEach(browser => browser.Dispose());
    }

    private static Task<T> RunOnItsOwnThread<T>(Func<T> run) =>
        Task.Factory.StartNew(run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private sealed class Witness : ReceiveActor
    {
        public Witness(ConcurrentQueue<string> events)
        {
            Receive<ClusterEvent.IReachabilityEvent>(seen => events.Enqueue($"{seen}"));
            Receive<ClusterEvent.MemberDowned>(seen => events.Enqueue($"{seen}"));
            Receive<ClusterEvent.CurrentClusterState>(_ => { });
            Cluster.Get(Context.System).Subscribe(Self, typeof(ClusterEvent.IReachabilityEvent), typeof(ClusterEvent.MemberDowned));
        }
    }
}
