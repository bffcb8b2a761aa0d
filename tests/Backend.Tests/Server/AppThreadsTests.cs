using Microsoft.Extensions.Time.Testing;
using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>An app that blocks its threads: the pool stays usable, and the app gets more of them.</summary>
public sealed class AppThreadsTests
{
    [Fact]
    public async Task AppBlocksItsThreads_ThePoolHasOthers_AndTheAppGetsMore()
    {
        var time = new FakeTimeProvider();
        using var threads = new AppThreads(time);
        var app = new BlockingApp();
        var granted = threads.Threads;
        try
        {
            for (var i = 0; i < granted + 1; i++)
            {
                threads.Queue(app);
            }

            await app.EnteredAsync(granted).For("as many requests in the app as it has threads");
            await Task.Run(() => { }).For("something else that needs a thread of the pool");
            Assert.Equal(granted, app.Entered);

            // Not at once where this process has just used the processors: then the app does not block, it computes.
            for (var looks = 0; looks < 1000 && threads.Threads == granted; looks++)
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
            }

            Assert.True(threads.Threads > granted, "A blocked app got no more threads.");
            await app.EnteredAsync(1).For("the request that waited for a thread");
        }
        finally
        {
            app.Release();
        }
    }

    [Fact]
    public async Task MoreRequestsThanThreads_AllRun()
    {
        using var threads = new AppThreads(new FakeTimeProvider());
        var app = new BlockingApp();
        app.Release();
        const int Requests = 10_000;

        for (var i = 0; i < Requests; i++)
        {
            threads.Queue(app);
        }

        await app.EnteredAsync(Requests).For("every request to have run");
    }

    private sealed class BlockingApp : IThreadPoolWorkItem
    {
        private readonly SemaphoreSlim _entered = new(0);
        private readonly ManualResetEventSlim _gate = new();
        private int _count;

        public int Entered => Volatile.Read(ref _count);

        public void Execute()
        {
            Interlocked.Increment(ref _count);
            _entered.Release();
            _gate.Wait();
        }

        public async Task EnteredAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await _entered.WaitAsync();
            }
        }

        public void Release() => _gate.Set();
    }
}
