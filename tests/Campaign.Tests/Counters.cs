using Pomegranate.Campaign.Clients;
using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Tests;

/// <summary>Sessions with a client at each frontend, which append again and again and note what they are told.</summary>
internal sealed class Counters : IAsyncDisposable
{
    /// <summary>Between two operations of a client; it bounds the log, which every answer holds whole.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Session, int Frontend), Operation> _answered = [];
    private readonly Dictionary<(int Session, int Frontend), Operation> _ended = [];
    private readonly List<(Func<bool> IsMet, TaskCompletionSource Met)> _awaited = [];
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false });
    private readonly TimeSpan _deadline;
    private readonly int _sessions;
    private readonly int _frontends;
    private readonly SessionClient[] _clients;
    private Task _loops = Task.CompletedTask;

    private Counters(int sessions, IReadOnlyList<Uri> frontends, RunClock clock, History history, TimeSpan deadline)
    {
        (_sessions, _frontends, _deadline, _http.Timeout) = (sessions, frontends.Count, deadline, deadline + TimeSpan.FromSeconds(5));
        _clients = [.. Enumerable.Range(0, sessions).Select(session => new SessionClient($"s{session}", clock, _http, frontends, history))];
    }

    /// <summary>Creates the sessions, and lets them count.</summary>
    public static async Task<Counters> StartAsync(int sessions, IReadOnlyList<Uri> frontends, RunClock clock, History history, TimeSpan deadline)
    {
        var counters = new Counters(sessions, frontends, clock, history, deadline);
        var created = await Task.WhenAll(counters._clients.Select((client, session) =>
            client.SendAsync(0, OperationKind.Create, null, session, CancellationToken.None)));
        Assert.All(created, operation => Assert.Equal(Outcome.Done, operation.Outcome));
        counters._loops = Task.WhenAll(
            Enumerable.Range(0, sessions).SelectMany(session => Enumerable.Range(0, frontends.Count).Select(frontend => counters.RunAsync(session, frontend))));
        return counters;
    }

    /// <summary>One frontend has answered every session something that was asked after the moment.</summary>
    public Task OneSideServesAllAsync(double moment) => UntilAsync(
        "one frontend's answers to all sessions",
        () => Enumerable.Range(0, _frontends).Any(frontend => Sessions(frontend).All(place => IsAfter(_answered, place, moment))));

    /// <summary>Whatever it was: every client knows what came of something that it asked after the moment.</summary>
    public Task EverybodyKnowsAsync(double moment) => UntilAsync(
        "an outcome for every client",
        () => Enumerable.Range(0, _frontends).All(frontend => Sessions(frontend).All(place => IsAfter(_ended, place, moment))));

    /// <summary>Every frontend has answered every session something that was asked after the moment.</summary>
    public Task AllServeAllAsync(double moment) => UntilAsync(
        "all frontends' answers to all sessions",
        () => Enumerable.Range(0, _frontends).All(frontend => Sessions(frontend).All(place => IsAfter(_answered, place, moment))));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loops;
        _http.Dispose();
        _stop.Dispose();
    }

    private static bool IsAfter(Dictionary<(int Session, int Frontend), Operation> last, (int Session, int Frontend) place, double moment) =>
        last.TryGetValue(place, out var operation) && operation.Start > moment;

    private IEnumerable<(int Session, int Frontend)> Sessions(int frontend) => Enumerable.Range(0, _sessions).Select(session => (session, frontend));

    private async Task UntilAsync(string what, Func<bool> isMet)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _awaited.Add((isMet, met));
        }

        try
        {
            await met.Task.WaitAsync(_deadline);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Not within {_deadline.TotalSeconds:0} s: {what}. The last: {string.Join("; ", LastNotes())}");
        }
    }

    private List<string> LastNotes()
    {
        lock (_lock)
        {
            return [.. _ended.Values.Select(operation => $"{operation.Frontend} {operation.Status} {operation.Note}").CountBy(note => note).Select(note => $"{note.Value} x {note.Key}")];
        }
    }

    private async Task RunAsync(int session, int frontend)
    {
        using var pace = new PeriodicTimer(Pause);
        try
        {
            while (await pace.WaitForNextTickAsync(_stop.Token))
            {
                var operation = await _clients[session].SendAsync(frontend, OperationKind.AppendPost, null, frontend, CancellationToken.None);
                Note((session, frontend), operation);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It is over.
        }
    }

    private void Note((int Session, int Frontend) place, Operation operation)
    {
        lock (_lock)
        {
            _ended[place] = operation;
            if (operation.Outcome == Outcome.Done)
            {
                _answered[place] = operation;
            }

            foreach (var (_, met) in _awaited.Where(awaited => awaited.IsMet()))
            {
                met.TrySetResult();
            }
        }
    }
}
