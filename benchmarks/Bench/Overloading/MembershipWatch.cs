using System.Text.Json;

namespace Pomegranate.Bench.Overloading;

/// <summary>Asks a node over and over who is a member and who is unreachable.</summary>
internal sealed class MembershipWatch(string management) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _http = new() { BaseAddress = new(management), Timeout = TimeSpan.FromSeconds(10) };
    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;
    private string _members = "";

    /// <summary>How many looks saw an unreachable member, or other members than at the start.</summary>
    public int Events { get; private set; }

    public async Task StartAsync()
    {
        _members = (await LookAsync()).Members;
        _watching = WatchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var (members, unreachable) = await LookAsync();
            Events += unreachable > 0 || members != _members ? 1 : 0;
            await Task.Delay(Every);
        }
    }

    private async Task<(string Members, int Unreachable)> LookAsync()
    {
        using var answer = JsonDocument.Parse(await _http.GetStringAsync(new Uri("/cluster/members", UriKind.Relative)));
        var members = answer.RootElement.GetProperty("members").EnumerateArray().Select(m => $"{m.GetProperty("node")} {m.GetProperty("status")}");
        return (string.Join(", ", members.Order(StringComparer.Ordinal)), answer.RootElement.GetProperty("unreachable").GetArrayLength());
    }
}
