using Pomegranate.Conformance.Cases;
using Pomegranate.Conformance.Compare;

namespace Pomegranate.Conformance;

/// <summary>A client of the cluster gets what it would get from the app on Kestrel, but for what is explained.</summary>
public sealed class ConformanceTests(ConformanceRun run) : IClassFixture<ConformanceRun>
{
    public static TheoryData<string> Groups() => [.. Corpus.All.Select(entry => entry.Group).Distinct()];

    [Theory]
    [MemberData(nameof(Groups))]
    public void Answers_OfGroup_AreKestrelsOrExplained(string group)
    {
        var verdicts = run.Verdicts.Where(verdict => verdict.Name.StartsWith(group + ":", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(verdicts);
        var unexplained = verdicts.Where(verdict => !verdict.IsExplained).ToList();
        if (unexplained.Count > 0)
        {
            Assert.Fail($"{unexplained.Count} unexplained:\n{string.Join('\n', unexplained)}");
        }
    }

    [Fact]
    public void EveryExplanation_IsNeeded()
    {
        var needed = run.Verdicts.SelectMany(verdict => verdict.Needed).ToHashSet();

        Assert.Empty(ExplainedDifferences.All.Where(explanation => !needed.Contains(explanation)).Select(explanation => explanation.Id));
    }

    [Fact]
    public void Documentation_HasTheSameExplanations()
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "conformance.md"))
            .SkipWhile(line => line != "## Explained differences").Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal));

        Assert.Equal(ExplainedDifferences.All.Select(explanation => $"| `{explanation.Id}` | {explanation.Reason} |"), rows);
    }
}
