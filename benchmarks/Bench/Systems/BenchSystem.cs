using System.Text.Json;
using Pomegranate.Bench.Failing;

namespace Pomegranate.Bench.Systems;

/// <summary>A whole system under load: its processes, and the address its clients use.</summary>
internal abstract class BenchSystem : IAsyncDisposable
{
    private readonly List<ChildProcess> _children = [];
    private readonly List<Role> _roles = [];

    /// <param name="work">A directory of its own, for logs and configuration.</param>
    protected BenchSystem(string name, string work)
    {
        (Name, Work) = (name, work);
        Directory.CreateDirectory(work);
    }

    public string Name { get; }

    /// <summary>One line for the report: what runs.</summary>
    public abstract string What { get; }

    public Uri Url { get; protected set; } = new("http://127.0.0.1/");

    /// <summary>Where clients come in: those of a system with several go to another where one refuses them.</summary>
    public virtual IReadOnlyList<Uri> Entrances => [Url];

    /// <summary>The processes that are the system, by role. Their children count with them.</summary>
    public virtual IReadOnlyList<(string Role, int Pid)> Processes => [.. _roles.Where(r => !r.Child.HasExited).Select(r => (r.Name, r.Child.Pid))];

    /// <summary>Without cookies: each request is a stranger's.</summary>
    protected static HttpClient Http { get; } = new(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    protected string Work { get; }

    public abstract Task StartAsync();

    /// <summary>The role that a fault is to hit in this run; null where the system has none such.</summary>
    public virtual Task<string?> VictimAsync(Victim victim, int run) => Task.FromResult<string?>(null);

    /// <summary>Starts a role whose process has ended, as it was started before.</summary>
    public virtual async Task RestartAsync(string role)
    {
        var ended = _roles.Single(r => r.Name == role);
        _roles.Remove(ended);
        await StartRoleAsync(role, ended.Start, ended.Answers);
    }

    /// <summary>What the system lacks to be as it was before a fault; null where it is.</summary>
    public virtual async Task<string?> MissingAsync()
    {
        if (_roles.FirstOrDefault(r => r.Child.HasExited) is { } ended)
        {
            return $"{ended.Name} does not run";
        }

        // Behind the proxy: requests without a session must reach all instances of the app.
        var reached = new HashSet<string>();
        for (var probe = 0; probe < 4 * _roles.Count; probe++)
        {
            using var answer = JsonDocument.Parse(await Http.GetStringAsync(new Uri(Url, "/counter")));
            reached.Add(answer.RootElement.GetProperty("node").GetString()!);
        }

        var apps = await Task.WhenAll(Enumerable.Range(0, _roles.Count).Select(run => VictimAsync(Victim.Backend, run)));
        return apps.FirstOrDefault(app => app is not null && !reached.Contains(app)) is { } missing ? $"the proxy sends nothing to {missing}" : null;
    }

    public async ValueTask DisposeAsync()
    {
        // The proxy was started last: it goes first, while what it needs still answers.
        foreach (var child in Enumerable.Reverse(_children))
        {
            await child.DisposeAsync();
        }
    }

    protected ChildProcess Run(string name, string program, IEnumerable<string> arguments, string? directory = null, params (string Name, string Value)[] environment)
    {
        var child = ChildProcess.Start(program, arguments, Path.Combine(Work, name + ".log"), directory, environment);
        _children.Add(child);
        return child;
    }

    /// <summary>A process that may be started again.</summary>
    /// <param name="answers">A URL that it answers once it is ready, if it speaks HTTP.</param>
    protected async Task StartRoleAsync(string name, Func<ChildProcess> start, Uri? answers)
    {
        var child = start();
        _roles.Add(new Role(name, start, answers, child));
        if (answers is not null)
        {
            await AnswersAsync(answers, child, name);
        }
    }

    /// <summary>A program of this repository. Environment as in production, no logs but warnings.</summary>
    protected ChildProcess RunDotNet(string name, string project, string assembly, params (string Name, string Value)[] environment) =>
        Run(name, "dotnet", [Repository.Program(project, assembly)], Work, [("ASPNETCORE_ENVIRONMENT", "Production"), .. environment]);

    protected async Task AnswersAsync(Uri url, ChildProcess child, string what)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(90); DateTime.UtcNow < deadline; await Task.Delay(100))
        {
            if (child.HasExited)
            {
                throw new BenchException($"{what} has ended; see {Work}.");
            }

            try
            {
                using var response = await Http.GetAsync(url);
                if (response.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
            {
                // Not yet.
            }
        }

        throw new BenchException($"{what} did not answer {url} within 90 s; see {Work}.");
    }

    private sealed record Role(string Name, Func<ChildProcess> Start, Uri? Answers, ChildProcess Child);
}
