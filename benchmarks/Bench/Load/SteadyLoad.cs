using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Pomegranate.Bench.Load;

/// <summary>
/// A fixed number of requests per second, whatever the system does. wrk waits for an answer before it asks again, so a
/// pause of the system hides all the requests that would have met it. Here a request's time runs from when it was due,
/// not from when a connection was free for it.
/// </summary>
/// <remarks>
/// One thread that polls its sockets, as wrk's do: it shares the cores with what it measures, and what it waits for them
/// itself is in the times.
/// </remarks>
internal static class SteadyLoad
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="cookies">As for <see cref="Wrk"/>.</param>
    public static async Task<LoadResult> RunAsync(Uri url, string path, string? cookies, double perSecond, TimeSpan duration, int connections)
    {
        string[] headers = cookies is null ? [""] : [.. (await File.ReadAllLinesAsync(cookies)).Select(cookie => $"Cookie: {cookie}\r\n")];
        var requests = headers
            .Select(header => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {url.Authority}\r\n{header}\r\n"))
            .ToArray();
        return await Task.Factory.StartNew(() => Run(url, requests, perSecond, duration, connections), TaskCreationOptions.LongRunning);
    }

    private static LoadResult Run(Uri url, byte[][] requests, double perSecond, TimeSpan duration, int connections)
    {
        var total = (int)(perSecond * duration.TotalSeconds);
        var ticksEach = Stopwatch.Frequency / perSecond;
        var times = new long[total];
        var failed = 0;
        var free = new Queue<HttpConnection>();
        var busy = new Dictionary<Socket, (HttpConnection Connection, int Request)>();
        try
        {
            for (var i = 0; i < connections; i++)
            {
                free.Enqueue(HttpConnection.To(url));
            }

            var (sent, start) = (0, Stopwatch.GetTimestamp());
            while (sent < total || busy.Count > 0)
            {
                for (; sent < total && free.Count > 0 && DueAt(sent) <= Stopwatch.GetTimestamp(); sent++)
                {
                    var connection = free.Dequeue();
                    Try(connection, sent, () =>
                    {
                        connection.Send(requests[sent % requests.Length]);
                        busy.Add(connection.Socket, (connection, sent));
                    });
                }

                if (Stopwatch.GetElapsedTime(start) > duration + Patience)
                {
                    throw new BenchException($"{busy.Count} requests have had no answer after {Patience.TotalSeconds:0} s.");
                }

                foreach (var socket in Readable(busy.Keys))
                {
                    var (connection, request) = busy[socket];
                    Try(connection, request, () =>
                    {
                        if (connection.Receive())
                        {
                            failed += connection.IsOk ? 0 : 1;
                            End(connection, request);
                        }
                    });
                }
            }

            var elapsed = Stopwatch.GetElapsedTime(start);
            Array.Sort(times);
            return new LoadResult(total, elapsed, Ticks(times[total / 2]), Ticks(times[(int)(total * 0.99)]), failed);

            long DueAt(int request) => start + (long)(request * ticksEach);

            void Try(HttpConnection connection, int request, Action step)
            {
                try
                {
                    step();
                }
                catch (Exception exception) when (exception is BenchException or SocketException)
                {
                    failed++;
                    End(HttpConnection.To(url), request);
                    busy.Remove(connection.Socket);
                    connection.Dispose();
                }
            }

            void End(HttpConnection connection, int request)
            {
                times[request] = Stopwatch.GetTimestamp() - DueAt(request);
                busy.Remove(connection.Socket);
                free.Enqueue(connection);
            }
        }
        finally
        {
            foreach (var connection in free.Concat(busy.Values.Select(sent => sent.Connection)))
            {
                connection.Dispose();
            }
        }
    }

    /// <summary>Waits a millisecond at most, the least that poll(2) knows: what has become due meanwhile goes out together.</summary>
    private static List<Socket> Readable(IEnumerable<Socket> sockets)
    {
        List<Socket> readable = [.. sockets];
        if (readable.Count == 0)
        {
            Thread.Sleep(1);
            return readable;
        }

        Socket.Select(readable, null, null, 1000);
        return readable;
    }

    private static TimeSpan Ticks(long count) => TimeSpan.FromSeconds(count / (double)Stopwatch.Frequency);
}
