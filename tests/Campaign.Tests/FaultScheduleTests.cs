using Pomegranate.Campaign.Faults;
using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Tests;

/// <summary>The schedule is the seed's alone, shows every kind, and keeps to what the cluster promises to survive.</summary>
public sealed class FaultScheduleTests
{
    private static readonly Topology Nodes = new(3, 2);
    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();

    [Fact]
    public void Create_SameSeed_SameEpisodes() => Assert.Equal(
        FaultSchedule.Create(7, Kinds, Nodes).Take(50).Select(episode => episode.ToString()),
        FaultSchedule.Create(7, Kinds, Nodes).Take(50).Select(episode => episode.ToString()));

    [Fact]
    public void Create_AnotherSeed_OtherEpisodes() => Assert.NotEqual(
        FaultSchedule.Create(7, Kinds, Nodes).Take(50).Select(episode => episode.ToString()),
        FaultSchedule.Create(8, Kinds, Nodes).Take(50).Select(episode => episode.ToString()));

    [Fact]
    public void Create_AsManyEpisodesAsKinds_ShowsEachKind() => Assert.Empty(
        Kinds.Except(FaultSchedule.Create(3, Kinds, Nodes).Take(Kinds.Length).SelectMany(episode => episode.Faults).Select(fault => fault.Kind)));

    [Fact]
    public void Create_ManySeeds_NeverMoreThanThePromise()
    {
        var episodes = Enumerable.Range(0, 100).SelectMany(seed => FaultSchedule.Create(seed, Kinds, Nodes).Take(100)).ToList();
        Assert.All(episodes, episode => Assert.True(Promise.Covers(episode.Faults, Nodes), episode.ToString()));
        Assert.Contains(episodes, episode => episode.Faults is [{ Kind: FaultKind.Join }, { Kind: FaultKind.Kill }] or [{ Kind: FaultKind.Kill }, { Kind: FaultKind.Join }]);
    }

    [Fact]
    public void Create_StopOfEverybody_ComesAlone()
    {
        var episodes = Enumerable.Range(0, 20).SelectMany(seed => FaultSchedule.Create(seed, Kinds, Nodes).Take(50)).ToList();
        Assert.All(
            episodes.Where(episode => episode.Faults.Any(fault => fault.Kind is FaultKind.Full or FaultKind.Halt)),
            episode => Assert.Single(episode.Faults));
    }

    [Theory]
    [InlineData("backend1", "backend2", false)]
    [InlineData("frontend1", "frontend2", false)]
    [InlineData("backend1", "backend1", false)]
    [InlineData("backend1", "frontend1", true)]
    public void Covers_TwoDead_OneOfAKindMayDie(string first, string second, bool covered) =>
        Assert.Equal(covered, Promise.Covers([Kill(first), Kill(second)], Nodes));

    private static Fault Kill(string node) => new(FaultKind.Kill, node, null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
}
