using System.Net;
using System.Net.Http.Json;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Sessions;

/// <summary>Parallel requests of one session, through both frontends, by unmodified <c>GetInt32</c>/<c>SetInt32</c> code.</summary>
[Collection("cluster")]
public class ParallelRequestTests
{
    [Fact]
    public async Task Increments_200InParallelThroughBothFrontends_AllCount()
    {
        await using var cluster = await ClusterProcess.StartAsync();
        using var handler = new SocketsHttpHandler { CookieContainer = new CookieContainer() };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(60) };
        await http.GetStringAsync(new Uri(cluster.Frontends[0], "/counter"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            n => http.GetFromJsonAsync<Answer>(new Uri(cluster.Frontends[n % cluster.Frontends.Count], "/counter"))));

        Assert.Equal(Enumerable.Range(2, 200), answers.Select(a => a!.N).Order());
    }

    private sealed record Answer(int N, string Node);
}
