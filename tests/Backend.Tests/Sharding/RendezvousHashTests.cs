using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pomegranate.Backend.Sharding;

namespace Pomegranate.Backend.Tests.Sharding;

public sealed class RendezvousHashTests
{
    private const int Shards = 2000;

    [Fact]
    public void Best_Golden()
    {
        // Changing any of these moves sessions in every running cluster during an upgrade.
        string[] nodes = ["backend1:4053", "backend2:4053", "backend3:4053"];
        Assert.Equal(
            "21232321333311122232213333313123",
            string.Concat(Enumerable.Range(0, 32).Select(shard => Home(Text(shard), nodes)[7])));
    }

    [Fact]
    public void Score_PartsAreSeparate() => Assert.NotEqual(RendezvousHash.Score("1", "2", 1), RendezvousHash.Score("12", "", 1));

    [Fact]
    public void Best_NoNodes_Null() => Assert.Null(RendezvousHash.Best("1", Array.Empty<string>(), node => (node, 1)));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Best_EqualWeights_SpreadEvenly(int nodes)
    {
        var names = Enumerable.Range(1, nodes).Select(i => $"10.0.0.{i}:4053").ToArray();

        var counts = Homes(names).Values.CountBy(home => home).Select(count => count.Value).ToArray();

        Assert.Equal(nodes, counts.Length);
        Assert.All(counts, count => AssertNear(Shards / (double)nodes, count));
    }

    [Fact]
    public void Best_Weights_Honoured()
    {
        (string Name, int Weight)[] nodes = [("a:1", 1), ("b:1", 2), ("c:1", 5)];

        var counts = Enumerable.Range(0, Shards)
            .CountBy(shard => RendezvousHash.Best(Text(shard), nodes.Select(n => n.Name), name => nodes.First(n => n.Name == name))!)
            .ToDictionary();

        Assert.All(nodes, node => AssertNear(Shards * node.Weight / 8.0, counts[node.Name]));
    }

    [Property]
    public bool Best_OrderOfNodes_DoesNotMatter(NonEmptyArray<ushort> ports, ushort shard)
    {
        var nodes = Names(ports);
        return Home(Text(shard), nodes) == Home(Text(shard), nodes.Reverse());
    }

    [Property]
    public bool Best_NodeGone_OnlyItsShardsMove(NonEmptyArray<ushort> ports, ushort gone)
    {
        var nodes = Names(ports);
        var victim = nodes[gone % nodes.Length];
        var survivors = nodes.Where(node => node != victim).ToArray();
        return Enumerable.Range(0, 64).Select(Text).All(shard => Home(shard, nodes) is var home
            && (home == victim || Home(shard, survivors) == home));
    }

    [Property]
    public bool Best_NodeAdded_ShardsMoveOnlyThere(NonEmptyArray<ushort> ports)
    {
        var nodes = Names(ports);
        return Enumerable.Range(0, 64).Select(Text).All(shard =>
            Home(shard, [.. nodes, "newcomer:4053"]) is var home && (home == "newcomer:4053" || home == Home(shard, nodes)));
    }

    private static string Text(int shard) => shard.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string[] Names(NonEmptyArray<ushort> ports) => [.. ports.Get.Distinct().Select(port => $"node:{port}")];

    private static string Home(string shard, IEnumerable<string> nodes) => RendezvousHash.Best(shard, nodes, node => (node, 1)) ?? "";

    private static Dictionary<string, string> Homes(string[] nodes) =>
        Enumerable.Range(0, Shards).ToDictionary(Text, shard => Home(Text(shard), nodes));

    // Four standard deviations of a fair draw: a poor hash is far outside, and the outcome is fixed anyway.
    private static void AssertNear(double expected, int actual) =>
        Assert.InRange(actual, expected - 4 * Math.Sqrt(expected), expected + 4 * Math.Sqrt(expected));
}
