using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;

namespace Pomegranate.Bench.Load;

/// <summary>
/// A fixed number of requests per second, whatever the system does. wrk waits for an answer before it asks again, so a
/// pause of the system hides all the requests that would have met it. Here a request's time runs from when it was due,
/// not from when a connection was free for it.
/// </summary>
internal static class SteadyLoad
{
    /// <param name="cookies">As for <see cref="Wrk"/>.</param>
    public static async Task<LoadResult> RunAsync(Uri url, string path, string? cookies, double perSecond, TimeSpan duration, int connections)
    {
        string[] headers = cookies is null ? [""] : [.. (await File.ReadAllLinesAsync(cookies)).Select(cookie => $"Cookie: {cookie}\r\n")];
        var requests = headers
            .Select(header => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {url.Authority}\r\n{header}\r\n"))
            .ToArray();
        var total = (int)(perSecond * duration.TotalSeconds);
        var ticksEach = Stopwatch.Frequency / perSecond;
        var times = new long[total];
        var failed = 0L;
        var free = new ConcurrentQueue<HttpConnection>();
        using var isFree = new SemaphoreSlim(0);
        for (var i = 0; i < connections; i++)
        {
            var connection = new HttpConnection();
            await connection.ConnectAsync(url);
            free.Enqueue(connection);
            isFree.Release();
        }

        try
        {
            using var running = new CountdownEvent(1);
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < total; i++)
            {
                // A timer wakes about a millisecond late: what has become due meanwhile goes out together.
                while (start + (long)(i * ticksEach) > Stopwatch.GetTimestamp())
                {
                    await Task.Delay(1);
                }

                await isFree.WaitAsync();
                free.TryDequeue(out var connection);
                running.AddCount();
                _ = SendAsync(i, connection!);
            }

            running.Signal();
            await Task.Run(() => running.Wait(TimeSpan.FromSeconds(60)));
            var elapsed = Stopwatch.GetElapsedTime(start);
            Array.Sort(times);
            return new LoadResult(total, elapsed, Ticks(times[total / 2]), Ticks(times[(int)(total * 0.99)]), failed);

            async Task SendAsync(int i, HttpConnection connection)
            {
                try
                {
                    if (!await connection.SendAsync(requests[i % requests.Length]))
                    {
                        Interlocked.Increment(ref failed);
                    }
                }
                catch (Exception exception) when (exception is BenchException or System.Net.Sockets.SocketException)
                {
                    Interlocked.Increment(ref failed);
                    connection.Dispose();
                    connection = new HttpConnection();
                    await connection.ConnectAsync(url);
                }
                finally
                {
                    times[i] = Stopwatch.GetTimestamp() - (start + (long)(i * ticksEach));
                    free.Enqueue(connection);
                    isFree.Release();
                    running.Signal();
                }
            }
        }
        finally
        {
            foreach (var connection in free)
            {
                connection.Dispose();
            }
        }
    }

    private static TimeSpan Ticks(long count) => TimeSpan.FromSeconds(count / (double)Stopwatch.Frequency);
}
