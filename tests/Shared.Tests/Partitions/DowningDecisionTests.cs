using Akka.Cluster;
using Pomegranate.Partitions;
using Pomegranate.Views;

namespace Pomegranate.Shared.Tests.Partitions;

public sealed class DowningDecisionTests
{
    private static readonly string[] Compose = ["lighthouse", "backend1", "backend2", "backend3", "frontend1", "frontend2"];

    [Fact]
    public void MostBackendsGoOn_EvenAgainstMostMembers() =>
        Assert.Equal(
            ["backend2", "backend3"],
            new PartedCluster(Compose).LeftOf(["lighthouse", "backend1", "frontend1", "frontend2"], ["backend2", "backend3"]));

    [Fact]
    public void HalfOfTheBackendsOnEachSide_MostMembersGoOn() =>
        Assert.Equal(
            ["backend2", "frontend1", "frontend2"],
            new PartedCluster("lighthouse", "backend1", "backend2", "frontend1", "frontend2").LeftOf(["lighthouse", "backend1"], ["backend2", "frontend1", "frontend2"]));

    [Fact]
    public void TwoEqualHalves_TheOldestGoesOn() =>
        Assert.Equal(["backend2", "frontend1"], new PartedCluster("backend2", "backend1", "frontend2", "frontend1").LeftOf(["backend1", "frontend2"], ["frontend1", "backend2"]));

    [Theory]
    [InlineData("lighthouse")]
    [InlineData("backend1")]
    [InlineData("frontend2")]
    public void OneThatNobodyReaches_IsDownedAlone(string lost) =>
        Assert.Equal(Compose.Where(name => name != lost), new PartedCluster(Compose).LeftOf([lost], [.. Compose.Where(name => name != lost)]));

    [Fact]
    public void OneOfTwoBackendsHangs_TheOtherGoesOn() =>
        Assert.Equal(
            ["lighthouse", "backend2", "frontend1"],
            new PartedCluster("lighthouse", "backend1", "backend2", "frontend1").LeftOf(["lighthouse", "backend2", "frontend1"], ["backend1"]));

    [Fact]
    public void TwoBackendsDoNotReachEachOther_OnlyTheYoungerIsDowned() =>
        Assert.Equal(Compose.Where(name => name != "backend3"), new PartedCluster(Compose).LeftWithout(("backend1", "backend3")));

    [Fact]
    public void ABackendAndAFrontendDoNotReachEachOther_TheFrontendIsDowned() =>
        Assert.Equal(Compose.Where(name => name != "frontend1"), new PartedCluster(Compose).LeftWithout(("frontend1", "backend3"), ("backend3", "frontend1")));

    [Fact]
    public void FrontendsDoNotReachBackends_BackendsAndTheLighthouseGoOn() =>
        Assert.Equal(
            ["lighthouse", "backend1", "backend2", "backend3"],
            new PartedCluster(Compose).LeftWithout([.. from f in new[] { "frontend1", "frontend2" } from b in new[] { "backend1", "backend2", "backend3" } select (f, b)]));

    [Fact]
    public void AStarvedMemberThatReachesNobody_IsDownedAlone() =>
        Assert.Equal(
            Compose.Where(name => name != "backend2"),
            new PartedCluster(Compose).LeftWithout([.. Compose.Where(name => name != "backend2").Select(name => ("backend2", name))]));

    [Fact]
    public void NobodyIsDowned_BeforeEveryViewIsWithoutIt()
    {
        var cluster = new PartedCluster(Compose);
        var side = Compose.Where(name => name != "backend1").Select(PartedCluster.AddressOf).ToList();

        var decisions = side.Select(self => DowningDecision.Of(self, cluster.Members, cluster.ReportsOf(side), [cluster.View])).ToList();

        Assert.All(decisions, d => Assert.Equal(["backend1"], d.Unwanted.Select(PartedCluster.NameOf)));
        Assert.All(decisions, d => Assert.Empty(d.Downs));
    }

    [Fact]
    public void OnlyTheSurvivorWithTheLowestAddressDownsTheOthers()
    {
        var cluster = new PartedCluster(Compose);
        var side = Compose.Where(name => name != "backend1").Select(PartedCluster.AddressOf).ToList();
        var view = cluster.View;
        view = view with { Number = 2, Roster = view.Roster.Without(PartedCluster.AddressOf("backend1").Equals) };

        var decisions = side.ToDictionary(PartedCluster.NameOf, self => DowningDecision.Of(self, cluster.Members, cluster.ReportsOf(side), [view]));

        Assert.Equal(["backend1"], decisions["backend2"].Downs.Select(PartedCluster.NameOf));
        Assert.All(decisions.Where(d => d.Key != "backend2"), d => Assert.Empty(d.Value.Downs));
    }

    [Fact]
    public void AnotherAppsViewCannotFollow_SoNobodyIsUnwanted()
    {
        var cluster = new PartedCluster(Compose);
        string[] side = ["lighthouse", "backend2", "backend3", "frontend1", "frontend2"];
        var other = new View(1, new Roster([PartedCluster.AddressOf("backend1")], 1), [], []);

        var decision = DowningDecision.Of(
            PartedCluster.AddressOf("backend2"), cluster.Members, cluster.ReportsOf([.. side.Select(PartedCluster.AddressOf)]), [cluster.View, other]);

        Assert.Empty(decision.Unwanted);
        Assert.False(decision.IsSurvivor);
    }

    /// <summary>Whatever the cluster and however it is parted: no two sides go on, and of two sides one does.</summary>
    [Fact]
    public void AtMostOneSideGoesOn()
    {
        for (var seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            var names = Enumerable.Range(1, random.Next(1, 6)).Select(n => $"backend{n}")
                .Concat(Enumerable.Range(1, random.Next(0, 4)).Select(n => $"frontend{n}"))
                .Append("lighthouse").ToArray();
            random.Shuffle(names);
            var cluster = new PartedCluster(names);
            var sides = names.GroupBy(_ => random.Next(random.Next(2, 4))).Select(side => side.ToArray()).ToArray();

            var left = cluster.LeftOf(sides);

            var goOn = sides.Where(side => side.Any(left.Contains)).ToList();
            Assert.True(goOn.Count <= 1 && goOn.All(side => side.All(left.Contains)), $"seed {seed}: {string.Join(" | ", sides.Select(s => string.Join(" ", s)))} left {string.Join(" ", left)}");
            if (sides.Length <= 2)
            {
                Assert.True(goOn.Count == 1, $"seed {seed}: nobody went on of {string.Join(" | ", sides.Select(s => string.Join(" ", s)))}");
                Assert.True(2 * left.Count(IsBackend) >= names.Count(IsBackend), $"seed {seed}: a side with less than half of the backends went on");
            }
        }

        static bool IsBackend(string name) => name.StartsWith("backend", StringComparison.Ordinal);
    }

    /// <summary>The search is bounded: a hundred members with half of their links broken at random are decided in time.</summary>
    [Fact]
    public void ALargeTornCluster_IsDecided()
    {
        var names = Enumerable.Range(1, 100).Select(n => $"backend{n:000}").ToArray();
        var cluster = new PartedCluster(names);
        var random = new Random(1);
        var links = (from a in names from b in names where string.CompareOrdinal(a, b) < 0 && random.Next(2) == 0 select (a, b)).ToArray();

        Assert.NotEmpty(Survivors.Of(cluster.Members, [.. links.Select(l => (PartedCluster.AddressOf(l.a), PartedCluster.AddressOf(l.b)))], _ => 1));
    }
}
