using System.Net;
using System.Text.RegularExpressions;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Failover;

/// <summary>With a directory for each backend, what was acknowledged outlives a stop of all backends.</summary>
[Collection("cluster")]
public sealed partial class DurableRestartTests : IDisposable
{
    private const int Sessions = 40;

    private readonly string _directory = Directory.CreateTempSubdirectory("pomegranate-durable-").FullName;
    private readonly List<HttpClient> _clients = [];

    [Fact]
    public async Task AllKilledThenAllStopped_StartedInOtherOrders_EverySessionAndSignInIsThere()
    {
        await using var cluster = await ClusterProcess.StartAsync(durable: _directory, settings: "Pomegranate:Replication:RestartPatience=00:10:00");
        var user = Client(cluster);
        var form = await user.GetStringAsync("/sign-in");
        await PostAsync(user, "/sign-in", form, ("Name", "Persephone"), ("Password", "grenadine"));
        var counters = Enumerable.Range(0, Sessions).Select(_ => Client(cluster)).ToArray();
        await Task.WhenAll(counters.Select(counter => CountAsync(counter, 1)));

        // While the last counts are acknowledged, all die at once: each has counted twice at least.
        await Task.WhenAll(counters.Select(counter => CountAsync(counter, 2)));
        string[] names = [.. cluster.Backends.Select(b => b.Name)];
        cluster.Kill(names);
        await cluster.RestartAllAsync(names[2], names[0], names[1]);
        await Task.WhenAll(counters.Select(counter => CountAsync(counter, 3)));
        Assert.Contains("Persephone", await user.GetStringAsync("/count"), StringComparison.Ordinal);

        foreach (var name in names)
        {
            cluster.Stop(name);
        }

        await cluster.RestartAllAsync(names[1], names[2], names[0]);
        await Task.WhenAll(counters.Select(counter => CountAsync(counter, 4)));
        Assert.Contains("Persephone", await user.GetStringAsync("/count"), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        Directory.Delete(_directory, recursive: true);
    }

    private HttpClient Client(ClusterProcess cluster)
    {
        var client = new HttpClient(new HttpClientHandler { CookieContainer = new CookieContainer() })
        {
            BaseAddress = cluster.Frontends[_clients.Count % cluster.Frontends.Count],
            Timeout = TimeSpan.FromSeconds(60),
        };
        _clients.Add(client);
        return client;
    }

    private static async Task CountAsync(HttpClient client, int expected)
    {
        var counted = await PostAsync(client, "/count", await client.GetStringAsync("/count"));
        Assert.Equal($"{expected}", CounterPattern().Match(counted).Groups[1].Value);
    }

    private static async Task<string> PostAsync(HttpClient http, string path, string page, params (string Name, string Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(
            fields.Append(("__RequestVerificationToken", TokenPattern().Match(page).Groups[1].Value)).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"POST {path}: {(int)answer.StatusCode} {text}");
        return text;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\"[^>]*value=\"([^\"]+)\"")]
    private static partial Regex TokenPattern();

    [GeneratedRegex("data-testid=\"counter-value\"[^>]*>([^<]+)<")]
    private static partial Regex CounterPattern();
}
