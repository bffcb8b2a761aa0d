using System.Diagnostics;
using System.Net;

namespace Pomegranate.EndToEnd.Tests.Hostile;

/// <summary>Somebody who only wants his page, again and again, while others misbehave.</summary>
internal sealed class HonestClient : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _visits;
    private readonly List<double> _milliseconds = [];

    public HonestClient(int port) => _visits = VisitAsync(new Uri($"http://127.0.0.1:{port}/plain"));

    /// <summary>Ends the visits.</summary>
    /// <returns>How many there were, the median and the slowest in milliseconds.</returns>
    /// <exception cref="HttpRequestException">One failed.</exception>
    public async Task<(int Visits, double Median, double Slowest)> EndAsync()
    {
        await _stop.CancelAsync();
        await _visits;
        Assert.NotEmpty(_milliseconds);
        return (_milliseconds.Count, _milliseconds.Order().ElementAt(_milliseconds.Count / 2), _milliseconds.Max());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAny(_visits);
        _stop.Dispose();
    }

    private async Task VisitAsync(Uri page)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        using var pace = new PeriodicTimer(Pace);
        do
        {
            var clock = Stopwatch.GetTimestamp();
            using var answer = await http.GetAsync(page);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            _milliseconds.Add(Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
        }
        while (!_stop.IsCancellationRequested && await pace.WaitForNextTickAsync());
    }
}
