namespace Pomegranate.Bench.Systems;

/// <summary>A whole system under load: its processes, and the address its clients use.</summary>
internal abstract class BenchSystem : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly List<ChildProcess> _children = [];

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

    /// <summary>The processes that are the system, by role. Their children count with them.</summary>
    public abstract IReadOnlyList<(string Role, int Pid)> Processes { get; }

    protected string Work { get; }

    public abstract Task StartAsync();

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
}
