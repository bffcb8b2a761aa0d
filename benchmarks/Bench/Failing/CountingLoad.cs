using System.Diagnostics;

namespace Pomegranate.Bench.Failing;

/// <summary>Many sessions that count, and a watch on this process itself: a client that pauses would see pauses everywhere.</summary>
internal sealed class CountingLoad : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly CountingSession[] _sessions;
    private readonly Task[] _running;
    private readonly Task _watching;
    private long _ownPause;

    public CountingLoad(IReadOnlyList<Uri> entrances, int sessions)
    {
        _sessions = [.. Enumerable.Range(0, sessions).Select(number => new CountingSession(entrances, number))];
        _running = [.. _sessions.Select(session => Task.Run(() => session.RunAsync(_stop.Token)))];
        _watching = Task.Run(WatchAsync);
    }

    /// <summary>What every session has seen since the last look, and the longest time for which this process did not run.</summary>
    public (IReadOnlyList<SessionLook> Sessions, TimeSpan OwnPause) Look() =>
        ([.. _sessions.Select(session => session.Look())], TimeSpan.FromSeconds(Interlocked.Exchange(ref _ownPause, 0) / (double)Stopwatch.Frequency));

    /// <summary>Whether each session has so many good answers to requests that were sent after the last look.</summary>
    public bool HaveAll(int answers) => _sessions.All(session => session.Answers >= answers);

    /// <returns>Whether it came to that in time.</returns>
    public async Task<bool> AwaitAllAsync(int answers, TimeSpan within)
    {
        for (var started = Stopwatch.GetTimestamp(); !HaveAll(answers); await Task.Delay(Tick))
        {
            if (Stopwatch.GetElapsedTime(started) > within)
            {
                return false;
            }
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running);
        await _watching;
        foreach (var session in _sessions)
        {
            session.Dispose();
        }

        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        // As long as a request may be under way: its time limit is ours to keep.
        for (var ended = Task.WhenAll(_running); !ended.IsCompleted;)
        {
            var before = Stopwatch.GetTimestamp();
            await Task.Delay(Tick, CancellationToken.None);
            _ownPause = Math.Max(Volatile.Read(ref _ownPause), Stopwatch.GetTimestamp() - before - (Stopwatch.Frequency / 100));
            foreach (var session in _sessions)
            {
                session.EndLate();
            }
        }
    }
}
