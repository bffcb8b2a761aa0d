using System.Collections.Concurrent;
using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Clients;

/// <summary>So many sessions at a time, each followed by a fresh one when it has lived.</summary>
internal sealed class Load : IDisposable
{
    /// <summary>Every so many sessions, one is used by several clients at once.</summary>
    private const int SharedEvery = 4;
    private const int ClientsOfShared = 3;
    private const int ReadsAtOnce = 20;

    private readonly HttpClient _http;
    private readonly ConcurrentQueue<SessionLife> _lives = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loops;

    public Load(int seed, LoadShape shape, TimeSpan deadline, RunClock clock, IReadOnlyList<Uri> frontends, History history)
    {
        // Somewhat later than the deadline: a late answer says more than none.
        _http = new HttpClient(new SocketsHttpHandler { UseCookies = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) })
        {
            Timeout = deadline + TimeSpan.FromSeconds(5),
        };
        _loops = Task.WhenAll(Enumerable.Range(0, shape.Sessions).Select(async place =>
        {
            for (var life = 0; !_stop.IsCancellationRequested; life++)
            {
                var client = new SessionClient($"{shape.Names}{place}.{life}", clock, _http, frontends, history);
                var session = new SessionLife(
                    client, HashCode.Combine(seed, place, life) & 0xFFFFFF, place % SharedEvery == 0 ? ClientsOfShared : 1, shape);
                if (await session.RunAsync(_stop.Token))
                {
                    _lives.Enqueue(session);
                }
            }
        }));
    }

    /// <summary>Ends the load; operations in flight are waited for.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _loops;
    }

    /// <summary>Reads every session there ever was: what was acknowledged must still be there.</summary>
    public Task ReadAllAsync() => Parallel.ForEachAsync(
        _lives, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce }, async (life, _) => await life.ReadAsync());

    public void Dispose()
    {
        _stop.Dispose();
        _http.Dispose();
    }
}
