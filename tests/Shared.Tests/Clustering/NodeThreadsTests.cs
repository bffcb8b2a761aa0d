using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using Pomegranate.Clustering;

namespace Pomegranate.Shared.Tests.Clustering;

public class NodeThreadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ExecutorService _threads = new NodeThreads(
        ConfigurationFactory.Empty, new DefaultDispatcherPrerequisites(new EventStream(debug: false), null!, null!, null!)).Produce("test");

    [Fact]
    public async Task Execute_ManyFromManyThreads_EachRunsOnce()
    {
        const int Writers = 4;
        const int Each = 10_000;
        var runs = new int[Writers * Each];
        using var left = new CountdownEvent(runs.Length);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            for (var i = writer * Each; i < (writer + 1) * Each; i++)
            {
                var number = i;
                _threads.Execute(new ActionRunnable(() =>
                {
                    Interlocked.Increment(ref runs[number]);
                    left.Signal();
                }));
            }
        })));

        Assert.True(left.Wait(Patience), $"{left.CurrentCount} of {runs.Length} have not run.");
        Assert.All(runs, count => Assert.Equal(1, count));
        _threads.Shutdown();
    }

    [Fact]
    public void Execute_WhileAnotherBlocks_Runs()
    {
        using var blocked = new ManualResetEventSlim();
        using var ran = new ManualResetEventSlim();
        _threads.Execute(new ActionRunnable(() => blocked.Wait(Patience)));
        _threads.Execute(new ActionRunnable(ran.Set));

        Assert.True(ran.Wait(Patience), "One that blocks held the other up.");
        blocked.Set();
        _threads.Shutdown();
    }

    [Fact]
    public void Execute_AfterManyThatFailed_Runs()
    {
        using var ran = new ManualResetEventSlim();
        for (var i = 0; i < 100; i++)
        {
            _threads.Execute(new ActionRunnable(() => throw new InvalidOperationException("of the test")));
        }

        _threads.Execute(new ActionRunnable(ran.Set));

        Assert.True(ran.Wait(Patience), "The threads have ended.");
        _threads.Shutdown();
    }

    [Fact]
    public void Shutdown_WhatWaitsStillRuns_AndMoreIsRefused()
    {
        using var ran = new CountdownEvent(100);
        for (var i = 0; i < 100; i++)
        {
            _threads.Execute(new ActionRunnable(() => ran.Signal()));
        }

        _threads.Shutdown();

        Assert.True(ran.Wait(Patience), $"{ran.CurrentCount} of 100 have not run.");
        Assert.Throws<RejectedExecutionException>(() => _threads.Execute(new ActionRunnable(() => { })));
    }

    [Theory]
    [InlineData("akka.actor.internal-dispatcher")]
    [InlineData("akka.remote.default-remote-dispatcher")]
    public async Task ANodesDispatchers_AreNotOfThePoolThatTheAppBlocks(string dispatcher)
    {
        using var system = ActorSystem.Create("test", ConfigurationFactory.ParseString("""
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
            akka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }
            """).WithFallback(PomegranateNode.EmbeddedConfig(typeof(PomegranateNode).Assembly, "pomegranate.conf")));
        var isPools = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

        system.Dispatchers.Lookup(dispatcher).Schedule(() => isPools.SetResult(Thread.CurrentThread.IsThreadPoolThread));

        Assert.False(await isPools.Task.WaitAsync(Patience));
        await system.Terminate();
    }
}
