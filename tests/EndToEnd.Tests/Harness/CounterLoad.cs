using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;

namespace Pomegranate.EndToEnd.Tests.Harness;

/// <summary>
/// Sessions that count: each sends GET /counter in sequence, through the frontends in turn, and notes every outcome.
/// A client that cannot connect at all tries the other frontend, as a balancer would.
/// </summary>
internal sealed class CounterLoad : IAsyncDisposable
{
    /// <summary>Between two requests of a session, as in the peers' measurements.</summary>
    private static readonly TimeSpan ThinkTime = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly List<Task> _clients = [];
    private readonly Session[] _sessions;

    public CounterLoad(IReadOnlyList<Uri> frontends, int sessions = 50)
    {
        _sessions = [.. Enumerable.Range(0, sessions).Select(_ => new Session())];
        for (var i = 0; i < sessions; i++)
        {
            _clients.Add(RunAsync(_sessions[i], i, frontends));
        }
    }

    public long Requests => _sessions.Sum(s => Interlocked.Read(ref s.Count));

    /// <summary>Every session has been answered so many times more.</summary>
    public Task AwaitProgressAsync(int requests)
    {
        var goals = _sessions.Select(s => Interlocked.Read(ref s.Count) + requests).ToArray();
        return Await.UntilAsync(
            $"{requests} more answers for every session", TimeSpan.FromSeconds(60),
            () => Task.FromResult(!_violations.IsEmpty || _sessions.Zip(goals).All(p => Interlocked.Read(ref p.First.Count) >= p.Second)),
            () => Report("so far"));
    }

    /// <summary>Forgets the pauses so far: a new fault begins.</summary>
    public void ResetPauses()
    {
        foreach (var session in _sessions)
        {
            session.LongestPause = 0;
        }
    }

    public double LongestPause => _sessions.Max(s => s.LongestPause);

    public double MedianPause => _sessions.Select(s => s.LongestPause).Order().ElementAt(_sessions.Length / 2);

    /// <summary>Throws where a request failed or a count was not exactly one more than the last.</summary>
    public void AssertNoViolation() => Assert.True(_violations.IsEmpty, Report("violations"));

    public string Report(string title)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"{title}: {Requests} requests, {_violations.Count} violations, longest pause {LongestPause:F0} ms (median of sessions {MedianPause:F0} ms)");
        foreach (var violation in _violations.Take(10))
        {
            text.AppendLine().Append(violation);
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
        _stop.Dispose();
    }

    private async Task RunAsync(Session session, int number, IReadOnlyList<Uri> frontends)
    {
        using var handler = new SocketsHttpHandler { CookieContainer = new CookieContainer(), PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        using var pace = new PeriodicTimer(ThinkTime);
        var lastAnswer = Stopwatch.GetTimestamp();
        for (var turn = number; !_stop.IsCancellationRequested; turn++)
        {
            try
            {
                using var answer = await SendAsync(http, frontends, turn);
                var now = Stopwatch.GetTimestamp();
                session.LongestPause = Math.Max(session.LongestPause, Stopwatch.GetElapsedTime(lastAnswer, now).TotalMilliseconds);
                lastAnswer = now;
                await CheckAsync(session, number, answer);
                await pace.WaitForNextTickAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                _violations.Enqueue($"session {number}: {failure.GetType().Name} {failure.Message} {failure.InnerException?.Message}");
                return;
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpClient http, IReadOnlyList<Uri> frontends, int turn)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await http.GetAsync(new Uri(frontends[(turn + attempt) % frontends.Count], "/counter"), _stop.Token);
            }
            catch (HttpRequestException failure) when (failure.HttpRequestError == HttpRequestError.ConnectionError && attempt < frontends.Count * 2)
            {
                // Nothing was sent: the listener is closed.
            }
        }
    }

    private async Task CheckAsync(Session session, int number, HttpResponseMessage answer)
    {
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            _violations.Enqueue($"session {number}: {(int)answer.StatusCode} after n={session.Last}: {await answer.Content.ReadAsStringAsync()}");
            return;
        }

        var count = (await answer.Content.ReadFromJsonAsync<Answer>())!;
        if (count.N != session.Last + 1)
        {
            _violations.Enqueue(
                $"session {number}: n={count.N} from {count.Node} after n={session.Last} from {session.Node}: "
                + (count.N == 1 ? "the session was lost" : count.N <= session.Last ? "an acknowledged write was lost" : "a request ran twice"));
        }

        (session.Last, session.Node) = (count.N, count.Node);
        Interlocked.Increment(ref session.Count);
    }

    private sealed record Answer(long N, string Node);

    private sealed class Session
    {
        public long Count;

        public long Last { get; set; }

        public string? Node { get; set; }

        public double LongestPause { get; set; }
    }
}
