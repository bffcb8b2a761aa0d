using System.Diagnostics;
using System.Globalization;

namespace Pomegranate.Bench.Load;

/// <summary>wrk: as many requests as the system answers, over a fixed number of connections.</summary>
internal static class Wrk
{
    private const int Threads = 2;
    private static readonly string Script = Path.Combine(AppContext.BaseDirectory, "Load", "wrk.lua");

    /// <param name="cookies">A file of Cookie header values, one session a line; null for requests without.</param>
    public static async Task<LoadResult> RunAsync(Uri url, string path, string? cookies, TimeSpan duration, int connections, string method = "GET")
    {
        var start = new ProcessStartInfo("wrk")
        {
            ArgumentList =
            {
                $"-t{Threads}", $"-c{connections}", string.Create(CultureInfo.InvariantCulture, $"-d{duration.TotalSeconds:0}s"), "--timeout", "10s", "-s", Script,
                url.GetLeftPart(UriPartial.Authority), "--", path,
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["WRK_THREADS"] = $"{Threads}", ["WRK_METHOD"] = method },
        };
        if (cookies is not null)
        {
            start.ArgumentList.Add(cookies);
        }

        using var wrk = Process.Start(start)!;
        var errors = wrk.StandardError.ReadToEndAsync();
        var output = await wrk.StandardOutput.ReadToEndAsync();
        await wrk.WaitForExitAsync();
        var result = output.Split('\n').LastOrDefault(line => line.StartsWith("RESULT ", StringComparison.Ordinal))
            ?? throw new BenchException($"wrk gave no result for {url}: {output}{await errors}");
        var numbers = result.Split(' ').Skip(1).Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return new LoadResult(numbers[0], Microseconds(numbers[1]), Microseconds(numbers[2]), Microseconds(numbers[3]), numbers[4]);
    }

    private static TimeSpan Microseconds(long count) => TimeSpan.FromMicroseconds(count);
}
