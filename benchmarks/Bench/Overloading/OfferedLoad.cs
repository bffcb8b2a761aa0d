using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Pomegranate.Bench.Load;

namespace Pomegranate.Bench.Overloading;

/// <summary>
/// Requests at a fixed rate, however many answers are outstanding, as long as a connection is free. What finds none is
/// not sent: a client's own queue would only measure itself.
/// </summary>
internal static class OfferedLoad
{
    private const int BufferBytes = 8 * 1024;

    public static async Task<OfferedResult> RunAsync(Uri url, string path, string cookies, double perSecond, TimeSpan duration, int connections)
    {
        byte[][] requests =
        [
            .. (await File.ReadAllLinesAsync(cookies)).Select(cookie => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {url.Authority}\r\nCookie: {cookie}\r\n\r\n")),
        ];
        var free = new ConcurrentStack<HttpConnection>();
        for (var i = 0; i < connections; i++)
        {
            var connection = new HttpConnection(BufferBytes);
            await connection.ConnectAsync(url);
            free.Push(connection);
        }

        var (served, refused) = (new ConcurrentBag<double>(), new ConcurrentBag<double>());
        var (failed, unsent, running) = (0L, 0L, 0L);
        var start = Stopwatch.GetTimestamp();
        var due = 0L;
        while (Stopwatch.GetElapsedTime(start) is var now && now < duration)
        {
            for (; due < perSecond * now.TotalSeconds; due++)
            {
                if (free.TryPop(out var connection))
                {
                    Interlocked.Increment(ref running);
                    _ = SendAsync(requests[due % requests.Length], connection);
                }
                else
                {
                    unsent++;
                }
            }

            await Task.Delay(1);
        }

        var elapsed = Stopwatch.GetElapsedTime(start);
        for (var deadline = DateTime.UtcNow.AddSeconds(30); Interlocked.Read(ref running) > 0 && DateTime.UtcNow < deadline;)
        {
            await Task.Delay(10);
        }

        foreach (var connection in free)
        {
            connection.Dispose();
        }

        return new OfferedResult(due / elapsed.TotalSeconds, elapsed, [.. served.Order()], [.. refused.Order()], Interlocked.Read(ref failed) + Interlocked.Read(ref running), unsent);

        async Task SendAsync(byte[] request, HttpConnection connection)
        {
            var sent = Stopwatch.GetTimestamp();
            try
            {
                var isGood = await connection.SendAsync(request);
                var took = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
                if (isGood || connection.IsRefusal)
                {
                    (isGood ? served : refused).Add(took);
                }
                else
                {
                    Interlocked.Increment(ref failed);
                }

                free.Push(connection);
            }
            catch (Exception exception) when (exception is BenchException or SocketException)
            {
                Interlocked.Increment(ref failed);
                connection.Dispose();
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }
    }
}

/// <param name="Served">Milliseconds of each 200, in order of size.</param>
/// <param name="Refused">Milliseconds of each 503, in order of size.</param>
/// <param name="Failed">Neither.</param>
/// <param name="Unsent">Due, but no connection was free.</param>
internal sealed record OfferedResult(double OfferedPerSecond, TimeSpan Duration, double[] Served, double[] Refused, long Failed, long Unsent)
{
    public double ServedPerSecond => Served.Length / Duration.TotalSeconds;

    public static double At(double[] times, double part) => times.Length == 0 ? 0 : times[(int)(times.Length * part)];
}
