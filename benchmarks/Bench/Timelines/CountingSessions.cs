using System.Diagnostics;
using System.Text;
using Pomegranate.Bench.Load;

namespace Pomegranate.Bench.Timelines;

/// <summary>
/// Sessions that count in sequential loops, 20 ms apart, through the frontends in turn: on plain sockets, because the
/// client shares the cores with the failover that it feels.
/// </summary>
internal sealed class CountingSessions : IAsyncDisposable
{
    private static readonly TimeSpan Think = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private readonly Session[] _sessions;

    /// <param name="cookies">The Cookie header of each session; each has counted to 1.</param>
    public CountingSessions(IReadOnlyList<Uri> frontends, IReadOnlyList<string> cookies)
    {
        _sessions = [.. cookies.Select(_ => new Session())];
        for (var i = 0; i < cookies.Count; i++)
        {
            _loops.Add(RunAsync(_sessions[i], i, frontends, cookies[i]));
        }
    }

    /// <summary>Answers that were not the next number, and requests that failed.</summary>
    public int Violations => _sessions.Sum(s => s.Violations);

    public IEnumerable<string> Complaints => _sessions.Select(s => s.Complaint).OfType<string>();

    /// <summary>Forgets the pauses so far; from here on they count.</summary>
    public void Reset()
    {
        foreach (var session in _sessions)
        {
            session.Longest = session.LongestEnd = 0;
        }
    }

    /// <summary>Each session's longest pause in milliseconds and the moment it ended, longest first.</summary>
    public IReadOnlyList<(double Milliseconds, long End)> Pauses =>
        [.. _sessions.Select(s => (s.Longest, s.LongestEnd)).OrderByDescending(p => p.Longest)];

    /// <summary>Whether every session has been answered since.</summary>
    public bool AllAnsweredSince(long timestamp) => _sessions.All(s => s.Asked > timestamp);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        _stop.Dispose();
    }

    private async Task RunAsync(Session session, int number, IReadOnlyList<Uri> frontends, string cookie)
    {
        await Task.Yield();
        var requests = frontends.Select(f => Encoding.ASCII.GetBytes($"GET /counter HTTP/1.1\r\nHost: {f.Authority}\r\nCookie: {cookie}\r\n\r\n")).ToArray();
        var connections = new HttpConnection?[frontends.Count];
        var last = Stopwatch.GetTimestamp();
        var count = 1L;
        try
        {
            for (var turn = number; !_stop.IsCancellationRequested; turn++)
            {
                var at = turn % frontends.Count;
                var asked = Stopwatch.GetTimestamp();
                if (connections[at] is not { } connection)
                {
                    connections[at] = connection = new HttpConnection(8 * 1024);
                    await connection.ConnectAsync(frontends[at]);
                }

                var isGood = await connection.SendAsync(requests[at]);
                var now = Stopwatch.GetTimestamp();
                var pause = Stopwatch.GetElapsedTime(last, now).TotalMilliseconds;
                if (pause > session.Longest)
                {
                    (session.Longest, session.LongestEnd) = (pause, now);
                }

                last = now;
                session.Asked = asked;
                var response = Encoding.UTF8.GetString(connection.Response);
                if (!isGood || !response.Contains($"\"n\":{count + 1},", StringComparison.Ordinal))
                {
                    session.Violations++;
                    session.Complaint ??= $"session {number}, after {count}: {response}";
                    return;
                }

                count++;
                await Task.Delay(Think, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (Exception failure) when (failure is BenchException or System.Net.Sockets.SocketException)
        {
            session.Violations++;
            session.Complaint ??= $"session {number}, after {count}: {failure.Message}";
        }
        finally
        {
            foreach (var connection in connections)
            {
                connection?.Dispose();
            }
        }
    }

    private sealed class Session
    {
        public double Longest { get; set; }

        public long LongestEnd { get; set; }

        public long Asked { get; set; }

        public int Violations { get; set; }

        public string? Complaint { get; set; }
    }
}
