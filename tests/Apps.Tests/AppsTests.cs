using Pomegranate.Apps.Compare;

namespace Pomegranate.Apps;

/// <summary>A client of an app on a cluster sees what it would see of the app on Kestrel, but for what is explained.</summary>
public sealed class AppsTests(AllRuns runs) : IClassFixture<AllRuns>
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var app in Corpus.All)
        {
            foreach (var @case in app.Cases)
            {
                cases.Add(app.Name, @case.Name);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Walk_OnACluster_IsAsOnKestrel(string app, string @case)
    {
        var verdict = await runs.VerdictAsync(app, @case);

        if (BeingMended.Cases.Contains(verdict.Name))
        {
            Assert.False(verdict.IsExplained, $"It differs no more: take it off {nameof(BeingMended)}.");
        }
        else if (!verdict.IsExplained)
        {
            Assert.Fail($"{verdict}\n---- on Kestrel\n{verdict.Kestrel}\n---- on the cluster\n{verdict.Cluster}");
        }
    }

    [Fact]
    public async Task EveryExplanation_IsNeeded()
    {
        var needed = (await runs.AllAsync()).SelectMany(verdict => verdict.Needed).ToHashSet();

        Assert.Empty(Differences.Explained.Where(explanation => !needed.Contains(explanation)).Select(explanation => explanation.Id));
    }

    [Fact]
    public void BeingMended_NamesCases()
    {
        var names = Corpus.All.SelectMany(app => app.Cases.Select(@case => AppRun.NameOf(app, @case))).ToList();

        Assert.Empty(BeingMended.Cases.Except(names));
    }

    [Fact]
    public void Documentation_HasTheSameExplanations()
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "conformance.md"))
            .SkipWhile(line => line != "## What apps do").Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal));

        Assert.Equal(Differences.Explained.Select(explanation => $"| `{explanation.Id}` | {explanation.Reason} |"), rows);
    }
}
