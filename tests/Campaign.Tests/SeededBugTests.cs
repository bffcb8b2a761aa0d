using Pomegranate.Campaign.SeededBugs;
using Pomegranate.LocalCluster.Plan;

namespace Pomegranate.Campaign.Tests;

/// <summary>The seeded bugs' patches are kept in step with the sources they patch. Building and finding them takes minutes: docs/campaign.md.</summary>
public sealed class SeededBugTests
{
    public static TheoryData<string> Bugs => [.. SeededBug.Names];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Copy_EachBug_ItsPatchApplies(string bug)
    {
        var copy = Directory.CreateTempSubdirectory("campaign-").FullName;
        try
        {
            // Throws, with git's words, where it does not.
            SeededBug.Copy(bug, Repository.Find(), copy);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }
}
