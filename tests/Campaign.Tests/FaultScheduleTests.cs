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

    [Fact]
    public void Create_OldKinds_AreAsTheyWereBeforeThereWereOthers() => Assert.Equal(
        "outvote backend1 at 0.5 s for 8.6 s", FaultSchedule.Create(777006, [.. Kinds.Where(kind => kind <= FaultKind.Churn)], Nodes).ElementAt(5).ToString());

    [Fact]
    public void Create_Partitions_BothSidesAreReachedAndEveryLinkComesBack()
    {
        var faults = Enumerable.Range(0, 100).SelectMany(seed => FaultSchedule.Create(seed, FaultSchedule.Uneven, Nodes).Take(20))
            .SelectMany(episode => episode.Faults).Select(fault => fault.Then ?? fault).ToList();
        var partitions = faults.Select(fault => fault.Partition).OfType<Partition>().ToList();
        Assert.All(partitions, partition => Assert.All(partition.Sides, side =>
        {
            Assert.InRange(side.Count(Nodes.Backends.Contains), 1, Nodes.BackendCount - 1);
            Assert.InRange(side.Count(Nodes.Frontends.Contains), 1, Nodes.FrontendCount - 1);
        }));
        Assert.All(partitions.SelectMany(partition => partition.Outages), outage => Assert.True(outage.Until > outage.At, outage.ToString()));
        Assert.Equal(
            [FaultKind.Hang, FaultKind.Part, FaultKind.Stagger, FaultKind.OneWay, FaultKind.Recut],
            faults.Select(fault => fault.Kind).Distinct().Order());
    }

    [Fact]
    public void Create_Recut_TheNextCutComesBeforeTheFirstIsDecided() => Assert.All(
        FaultSchedule.Create(1, [FaultKind.Recut], Nodes).Take(100).Select(episode => episode.Faults[0].Partition!),
        partition =>
        {
            var begins = partition.Outages.Select(outage => outage.At.TotalSeconds).Distinct().Order().ToList();
            Assert.Equal(partition.Sides.Count, begins.Count);
            Assert.All(begins.Zip(begins.Skip(1)), pair => Assert.InRange(pair.Second - pair.First, 0.2, 4.6));
        });

    [Fact]
    public void Create_OneWay_EachLinkIsDownInOneDirection() => Assert.All(
        FaultSchedule.Create(1, [FaultKind.OneWay], Nodes).Take(100).Select(episode => episode.Faults[0].Partition!.Outages),
        outages => Assert.All(outages, outage => Assert.DoesNotContain(outages, other => other.From == outage.To && other.To == outage.From)));

    [Fact]
    public void PatienceOf_SameSeed_SamePausesThatDiffer()
    {
        var pauses = Enumerable.Range(0, 6).Select(number => Patience.Of(3, number).Single()).ToList();
        Assert.Equal(pauses, Enumerable.Range(0, 6).Select(number => Patience.Of(3, number).Single()));
        Assert.True(pauses.Distinct().Count() > 2);
        Assert.Contains(pauses, pause => pause.Value == "00:00:02");
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
