using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Pomegranate.Bench.Measuring;

/// <summary>
/// What processes have sent over TCP. The kernel counts per connection (<c>ss</c> shows it); its counters per interface
/// would hold everybody's traffic on loopback.
/// </summary>
internal static partial class Wire
{
    /// <summary>Bytes sent so far on each open connection of these processes.</summary>
    public static async Task<IReadOnlyDictionary<string, long>> SentAsync(IReadOnlySet<int> pids)
    {
        using var ss = Process.Start(new ProcessStartInfo("ss", ["-tinpHO"]) { RedirectStandardOutput = true })!;
        var output = await ss.StandardOutput.ReadToEndAsync();
        await ss.WaitForExitAsync();
        var sent = new Dictionary<string, long>();
        foreach (var line in output.Split('\n'))
        {
            if (Owner().Match(line) is { Success: true } owner && pids.Contains(Number(owner)) && Sent().Match(line) is { Success: true } bytes)
            {
                sent[string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3..5])] = long.Parse(bytes.Groups[1].Value, CultureInfo.InvariantCulture);
            }
        }

        return sent;
    }

    /// <summary>Bytes per second that the processes send each other; connections that come or go meanwhile count from or to what is known.</summary>
    public static async Task<double> RateAsync(IReadOnlySet<int> pids, TimeSpan duration)
    {
        var before = await SentAsync(pids);
        await Task.Delay(duration);
        var after = await SentAsync(pids);
        return after.Sum(c => c.Value - before.GetValueOrDefault(c.Key)) / duration.TotalSeconds;
    }

    private static int Number(Match match) => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"pid=(\d+)")]
    private static partial Regex Owner();

    [GeneratedRegex(@"bytes_sent:(\d+)")]
    private static partial Regex Sent();
}
