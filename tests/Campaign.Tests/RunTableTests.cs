using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Running;

namespace Pomegranate.Campaign.Tests;

/// <summary>The rows that several campaigns append to one file.</summary>
public sealed class RunTableTests
{
    [Fact]
    public void Append_TwoRuns_OneHeadAndARowEach()
    {
        var path = Path.GetTempFileName();
        try
        {
            RunTable.Append(path, Result(7));
            RunTable.Append(path, Result(8, new Violation(ViolationKind.LostWrite, "s1.0", 5, 3, "gone"), new Violation(ViolationKind.LostWrite, "s2.0", 6, 4, "gone")));
            var lines = File.ReadAllLines(path);
            Assert.Equal(4, lines.Length);
            Assert.StartsWith("| Seed |", lines[0], StringComparison.Ordinal);
            Assert.Equal("| 7 | yes | kill 2, full | 2 | 12,345 | 3 | 1 | 1.5 | 2.0 | 0 |", lines[2]);
            Assert.EndsWith("| 2 LostWrite |", lines[3], StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static RunResult Result(int seed, params Violation[] violations) => new(
        seed, true, "history.jsonl", 12_345, 10, 3, 1, 200,
        [Episode(1, 500, 2, FaultKind.Kill, FaultKind.Kill), Episode(2, 1500, 1, FaultKind.Full)],
        violations);

    private static EpisodeResult Episode(int number, double longest, int whole, params FaultKind[] kinds) => new(
        new Episode(number, [.. kinds.Select(kind => new Fault(kind, "backend1", null, TimeSpan.Zero, TimeSpan.Zero))]), 0, 1, TimeSpan.FromSeconds(whole))
    {
        LongestPause = longest,
    };
}
