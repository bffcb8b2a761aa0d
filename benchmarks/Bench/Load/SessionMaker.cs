using System.Net;

namespace Pomegranate.Bench.Load;

/// <summary>Makes sessions as browsers do: a request without a cookie each, whose answer sets one.</summary>
internal static class SessionMaker
{
    private const int Parallel = 32, Attempts = 10;

    /// <summary>Writes the Cookie header of each session to <paramref name="file"/>, one a line.</summary>
    public static async Task MakeAsync(Uri url, string path, int count, string? file, HttpMethod? method = null)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false }) { BaseAddress = url };
        var cookies = new string[count];
        await System.Threading.Tasks.Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Parallel }, async (i, _) =>
        {
            cookies[i] = await MakeOneAsync(http, path, method ?? HttpMethod.Get);
        });
        if (file is not null)
        {
            await File.WriteAllLinesAsync(file, cookies);
        }
    }

    /// <summary>A cold system on a busy machine may refuse at first: this is not what is measured.</summary>
    private static async Task<string> MakeOneAsync(HttpClient http, string path, HttpMethod method)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(method, path);
            using var response = await http.SendAsync(request, CancellationToken.None);
            if (response.StatusCode == HttpStatusCode.OK && response.Headers.TryGetValues("Set-Cookie", out var set))
            {
                return string.Join("; ", set.Select(c => c.Split(';')[0]));
            }

            if (attempt == Attempts)
            {
                throw new BenchException($"{path} answered {(int)response.StatusCode} {Attempts} times where a session was to be made.");
            }

            await Task.Delay(500);
        }
    }
}
