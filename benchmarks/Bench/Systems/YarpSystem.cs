using Pomegranate.Bench.Failing;

namespace Pomegranate.Bench.Systems;

/// <summary>YARP in front of ASP.NET Core apps on Kestrel: two with their sessions in Redis, or one that keeps them itself.</summary>
/// <param name="tuned">With health checks, short timeouts, and sessions committed before the answer: for faults.</param>
internal sealed class YarpSystem(string work, bool redis, bool tuned = false) : BenchSystem(redis ? "yarp-redis" : "yarp-kestrel", work)
{
    private static readonly (string, string)[] Tuned = [("Tuned", "true")];

    public override string What => (redis
        ? "YARP with cookie affinity, 2 ASP.NET Core apps, sessions in Redis (one, without persistence)"
        : "YARP, 1 ASP.NET Core app, sessions in its memory: nothing replicated, nothing survives")
        + (tuned ? "; active and passive health checks, timeouts of 1 and 3 s, commit before the answer" : "");

    public override async Task StartAsync()
    {
        var keys = Directory.CreateDirectory(Path.Combine(Work, "keys")).FullName;
        (string, string)[] settings = tuned ? Tuned : [];
        if (redis)
        {
            var port = Ports.Free();
            await StartRoleAsync("redis", () => Run("redis", "redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]), null);
            settings = [.. settings, ("Redis", $"127.0.0.1:{port}")];
        }

        var apps = new List<string>();
        for (var i = 1; i <= (redis ? 2 : 1); i++)
        {
            var (name, url) = ($"app{i}", $"http://127.0.0.1:{Ports.Free()}");
            await StartRoleAsync(
                name,
                () => RunDotNet(name, "benchmarks/peers/App", "PeerApp", [("ASPNETCORE_URLS", url), ("Node", name), ("Keys", Path.Combine(keys, "app")), .. settings]),
                new Uri(url + "/plain"));
            apps.Add(url);
        }

        Url = new Uri($"http://127.0.0.1:{Ports.Free()}");
        await StartRoleAsync(
            "yarp",
            () => RunDotNet(
                "yarp", "benchmarks/peers/Yarp", "PeerYarp",
                [("ASPNETCORE_URLS", Url.GetLeftPart(UriPartial.Authority)), ("Destinations", string.Join(',', apps)), ("Keys", Path.Combine(keys, "yarp")), .. tuned ? Tuned : []]),
            new Uri(Url, "/plain"));
    }

    public override Task<string?> VictimAsync(Victim victim, int run) => Task.FromResult(victim switch
    {
        Victim.Backend when redis => $"app{1 + (run % 2)}",
        Victim.Backend => "app1",
        Victim.Store when redis => "redis",
        _ => null,
    });
}
