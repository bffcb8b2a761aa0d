namespace Pomegranate.Bench.Systems;

/// <summary>YARP in front of ASP.NET Core apps on Kestrel: two with their sessions in Redis, or one that keeps them itself.</summary>
internal sealed class YarpSystem(string work, bool redis) : BenchSystem(redis ? "yarp-redis" : "yarp-kestrel", work)
{
    private readonly List<(string Role, int Pid)> _processes = [];

    public override string What => redis
        ? "YARP with cookie affinity, 2 ASP.NET Core apps, sessions in Redis (one, without persistence)"
        : "YARP, 1 ASP.NET Core app, sessions in its memory: nothing replicated, nothing survives";

    public override IReadOnlyList<(string Role, int Pid)> Processes => _processes;

    public override async Task StartAsync()
    {
        var keys = Directory.CreateDirectory(Path.Combine(Work, "keys")).FullName;
        (string, string)[] store = [];
        if (redis)
        {
            var port = Ports.Free();
            var server = Run("redis", "redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
            _processes.Add(("redis", server.Pid));
            store = [("Redis", $"127.0.0.1:{port}")];
        }

        var apps = new List<string>();
        for (var i = 1; i <= (redis ? 2 : 1); i++)
        {
            var url = $"http://127.0.0.1:{Ports.Free()}";
            var app = RunDotNet($"app{i}", "benchmarks/peers/App", "PeerApp", [("ASPNETCORE_URLS", url), ("Node", $"app{i}"), ("Keys", Path.Combine(keys, "app")), .. store]);
            await AnswersAsync(new Uri(url + "/plain"), app, $"app{i}");
            _processes.Add(($"app{i}", app.Pid));
            apps.Add(url);
        }

        Url = new Uri($"http://127.0.0.1:{Ports.Free()}");
        var yarp = RunDotNet(
            "yarp", "benchmarks/peers/Yarp", "PeerYarp", ("ASPNETCORE_URLS", Url.GetLeftPart(UriPartial.Authority)), ("Destinations", string.Join(',', apps)), ("Keys", Path.Combine(keys, "yarp")));
        _processes.Add(("yarp", yarp.Pid));
        await AnswersAsync(new Uri(Url, "/plain"), yarp, "yarp");
    }
}
