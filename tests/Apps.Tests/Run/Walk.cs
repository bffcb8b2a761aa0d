using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Run;

/// <summary>One case on one side: its clients, what they note, and where they meet the app.</summary>
internal sealed class Walk(ISide side, AppCase @case, Func<Task> kill) : IDisposable
{
    /// <summary>By when what is to come at once is there, on a starved machine too.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(5);

    private readonly Transcript _transcript = new();
    private readonly List<Client> _clients = [];

    /// <summary>The case's first client.</summary>
    public Client Client => _clients.Count > 0 ? _clients[0] : NewClient();

    /// <summary>Where the case's endpoints are.</summary>
    public Uri Address { get; } = new(side.Address, @case.Path + "/");

    /// <summary>The time that app and server go by.</summary>
    public MovableClock Clock => side.Clock;

    /// <summary>The gate that the app's code finds under this name.</summary>
    public Gate Gate(string name) => side.Gates[name];

    /// <summary>Another client, with cookies of its own.</summary>
    public Client NewClient()
    {
        var client = new Client(this, Address, side.App.IsHttp2);
        _clients.Add(client);
        return client;
    }

    public Task<Reply> GetAsync(string path, params string[] headers) => Client.GetAsync(path, headers);

    public Task<Reply> PostAsync(string path, HttpContent? content = null, params string[] headers) => Client.PostAsync(path, content, headers);

    public Task<Reply> PostFormAsync(string path, params (string Name, string Value)[] fields) => Client.PostFormAsync(path, fields);

    /// <summary>Notes what is to be the same on both sides.</summary>
    public void Note(string line) => _transcript.Add(line);

    public void Note(string request, Reply reply) => _transcript.Add(request, reply);

    /// <summary>Whether it ends soon, which is noted; it goes on where it does not.</summary>
    public async Task<bool> NoteWhetherAtOnceAsync(string what, Task task)
    {
        await task.WaitAsync(AtOnce).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var isAtOnce = task.IsCompleted;
        Note($"{what}: {(isAtOnce ? "at once" : "not at once")}");
        return isAtOnce;
    }

    /// <summary>Every node that runs the app is killed, one after the other, after as many others have joined.</summary>
    public Task KillAsync() => kill();

    /// <summary>What was seen.</summary>
    public override string ToString()
    {
        var at = $"{side.Address.Host}:{side.Address.Port}";
        return _transcript.ToString().Replace(at, "HOST", StringComparison.Ordinal);
    }

    public void Dispose() => _clients.ForEach(client => client.Dispose());
}
