using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Running;

namespace Pomegranate.Campaign.Tests;

/// <summary>The rows that several campaigns append to one file.</summary>
public sealed class RunTableTests
{
    private static readonly DateTimeOffset Day = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Append_TwoRuns_OneHeadAndARowEach()
    {
        var path = Path.GetTempFileName();
        try
        {
            RunTable.Append(path, Result(7), Day, "abc1234");
            RunTable.Append(path, Result(8, new Violation(ViolationKind.LostWrite, "s1.0", 5, 3, "gone"), new Violation(ViolationKind.LostWrite, "s2.0", 6, 4, "gone")), Day, "abc1234");
            var lines = File.ReadAllLines(path);
            Assert.Equal(3, lines.Length);
            Assert.StartsWith("date,commit,seed,", lines[0], StringComparison.Ordinal);
            Assert.Equal("2026-11-29,abc1234,7,yes,even,kill 2 + full,2,12345,3,1,1.5,2.0,0", lines[1]);
            Assert.EndsWith(",2 LostWrite", lines[2], StringComparison.Ordinal);
            Assert.All(lines, line => Assert.Equal(lines[0].Count(c => c == ','), line.Count(c => c == ',')));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static RunResult Result(int seed, params Violation[] violations) => new(
        seed, true, false, "history.jsonl", 12_345, 10, 3, 1, 200,
        [Episode(1, 500, 2, FaultKind.Kill, FaultKind.Kill), Episode(2, 1500, 1, FaultKind.Full)],
        violations);

    private static EpisodeResult Episode(int number, double longest, int whole, params FaultKind[] kinds) => new(
        new Episode(number, [.. kinds.Select(kind => new Fault(kind, "backend1", null, TimeSpan.Zero, TimeSpan.Zero))]), 0, 1, TimeSpan.FromSeconds(whole))
    {
        LongestPause = longest,
    };
}
