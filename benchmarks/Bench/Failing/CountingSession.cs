using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Pomegranate.Bench.Load;

namespace Pomegranate.Bench.Failing;

/// <summary>
/// One session's client: GET /counter, one after the other, a little apart, through the entrances in turn. It goes to the
/// next entrance where one refuses the connection, as a balancer does, for nothing was sent. It never sends a request
/// again: what was sent and got no good answer within the time limit has failed.
/// </summary>
internal sealed class CountingSession(IReadOnlyList<Uri> entrances, int number) : IDisposable
{
    private const int BufferBytes = 8 * 1024;
    private static readonly TimeSpan ThinkTime = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    private readonly HttpConnection?[] _connections = new HttpConnection?[entrances.Count];
    private readonly Dictionary<string, string> _cookies = [];
    private readonly Lock _lock = new();
    private readonly Tally _tally = new();
    private byte[][] _requests = [];
    private long _answeredAt = Stopwatch.GetTimestamp();
    private long _longestPause;
    private long _answers;
    private long _lookedAt;
    private Dictionary<string, int> _failures = [];
    private (HttpConnection Connection, long Since)? _asking;
    private bool _isTimeUp;

    /// <summary>Good answers so far to requests that were sent after the last <see cref="Look"/>.</summary>
    public long Answers => Volatile.Read(ref _answers);

    /// <summary>What has happened since the last look; the pause that lasts still counts from its beginning.</summary>
    public SessionLook Look()
    {
        lock (_lock)
        {
            var open = Stopwatch.GetElapsedTime(_answeredAt);
            var longest = TimeSpan.FromSeconds(_longestPause / (double)Stopwatch.Frequency);
            var look = new SessionLook(longest > open ? longest : open, _failures, _tally);
            (_longestPause, _answers, _failures, _lookedAt) = (0, 0, [], Stopwatch.GetTimestamp());
            return look;
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        for (var turn = number; !stop.IsCancellationRequested; turn++)
        {
            var sent = Stopwatch.GetTimestamp();
            Note(await AskAsync(turn), sent);
            await Task.Delay(ThinkTime, CancellationToken.None);
        }
    }

    /// <summary>Called every now and then: ends a request that takes too long.</summary>
    public void EndLate()
    {
        lock (_lock)
        {
            if (_asking is { } asking && Stopwatch.GetElapsedTime(asking.Since) > TimeLimit)
            {
                _isTimeUp = true;
                asking.Connection.Dispose();
            }
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection?.Dispose();
        }
    }

    /// <returns>The counter, or why there is none.</returns>
    private async Task<(long N, string? Failure)> AskAsync(int turn)
    {
        for (var attempt = 0; attempt < entrances.Count; attempt++)
        {
            var entrance = (turn + attempt) % entrances.Count;
            if (await ConnectAsync(entrance) is { } connection)
            {
                try
                {
                    Begin(connection);
                    var isGood = await connection.SendAsync(Request(entrance));
                    TakeCookies(connection.Response);
                    return isGood && Counter(connection.Response) is { } n ? (n, null) : (0, $"status {Encoding.ASCII.GetString(connection.Response[9..12])}");
                }
                catch (Exception exception) when (exception is BenchException or SocketException or ObjectDisposedException)
                {
                    connection.Dispose();
                    _connections[entrance] = null;
                    return (0, _isTimeUp ? "timeout" : "connection lost");
                }
                finally
                {
                    End();
                }
            }
        }

        return (0, "refused");
    }

    private async Task<HttpConnection?> ConnectAsync(int entrance)
    {
        if (_connections[entrance] is { } open && !open.IsClosed)
        {
            return open;
        }

        _connections[entrance]?.Dispose();
        var connection = new HttpConnection(BufferBytes);
        try
        {
            await connection.ConnectAsync(entrances[entrance]);
            return _connections[entrance] = connection;
        }
        catch (SocketException)
        {
            connection.Dispose();
            return _connections[entrance] = null;
        }
    }

    private void Begin(HttpConnection connection)
    {
        lock (_lock)
        {
            (_asking, _isTimeUp) = ((connection, Stopwatch.GetTimestamp()), false);
        }
    }

    private void End()
    {
        lock (_lock)
        {
            _asking = null;
        }
    }

    private void Note((long N, string? Failure) outcome, long sent)
    {
        lock (_lock)
        {
            if (outcome.Failure is { } failure)
            {
                _failures[failure] = _failures.GetValueOrDefault(failure) + 1;
                if (failure != "refused")
                {
                    _tally.Fail();
                }

                return;
            }

            var now = Stopwatch.GetTimestamp();
            _longestPause = Math.Max(_longestPause, now - _answeredAt);
            (_answeredAt, _answers) = (now, _answers + (sent >= _lookedAt ? 1 : 0));
            _tally.Answer(outcome.N);
        }
    }

    private byte[] Request(int entrance)
    {
        if (_requests.Length == 0)
        {
            var cookies = _cookies.Count == 0 ? "" : $"Cookie: {string.Join("; ", _cookies.Select(c => $"{c.Key}={c.Value}"))}\r\n";
            _requests = [.. entrances.Select(url => Encoding.ASCII.GetBytes($"GET /counter HTTP/1.1\r\nHost: {url.Authority}\r\n{cookies}\r\n"))];
        }

        return _requests[entrance];
    }

    private void TakeCookies(ReadOnlySpan<byte> response)
    {
        var head = response[..response.IndexOf("\r\n\r\n"u8)];
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            if (line.Length > 11 && Ascii.EqualsIgnoreCase(line[..11], "set-cookie:"u8))
            {
                var text = Encoding.ASCII.GetString(line[11..]).Split(';')[0].Trim();
                var equals = text.IndexOf('=', StringComparison.Ordinal);
                _cookies[text[..equals]] = text[(equals + 1)..];
                _requests = [];
            }
        }
    }

    private static long? Counter(ReadOnlySpan<byte> response)
    {
        var at = response.LastIndexOf("\"n\":"u8);
        return at >= 0 && System.Buffers.Text.Utf8Parser.TryParse(response[(at + 4)..], out long n, out _) ? n : null;
    }
}
