using Akka.Actor;
using Akka.Cluster;
using Akka.Serialization;
using Pomegranate.Partitions;
using Pomegranate.Tests;
using Pomegranate.Wire;

namespace Pomegranate.Shared.Tests.Partitions;

public sealed class SecondClusterTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TwoClustersMeet_TheSmallerEndsWhicheverAsks(bool theSmallerAsks)
    {
        var (first, second) = await TestNode.StartPairAsync();
        await using var large = first;
        await using var other = second;
        await using var lone = await TestNode.StartAsync();
        await lone.JoinAsync(lone);
        await lone.AwaitMembersUpAsync(1);
        var (asking, asked) = theSmallerAsks ? (lone, large) : (large, lone);

        asking.System.ActorOf(SecondClusterWatch.Props([Address.Parse(asked.Address)], TimeSpan.FromMilliseconds(50)), "asking");

        await lone.System.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(20));
        await large.AwaitMembersUpAsync(2);
        Environment.ExitCode = 0;
    }

    [Fact]
    public void OneThatStillCountsUsAmongItsOwn_IsNoSecondCluster() =>
        Assert.False(CensusOf(3, "a", "b", "c").IsApartFrom(CensusOf(2, "b", "c")));

    [Theory]
    [InlineData(1, "a", 2, "b")]
    [InlineData(1, "a b c", 2, "d e")]
    [InlineData(2, "a b", 2, "c d e")]
    [InlineData(1, "b", 1, "a")]
    public void ExactlyOneYields(int lesserBackends, string lesser, int greaterBackends, string greater)
    {
        var (a, b) = (CensusOf(lesserBackends, lesser.Split(' ')), CensusOf(greaterBackends, greater.Split(' ')));

        Assert.True(a.YieldsTo(b));
        Assert.False(b.YieldsTo(a));
    }

    [Fact]
    public void TheOneWithTheOlderViews_Stays_HoweverSmall()
    {
        var (grown, old) = (CensusOf(3, "a", "b", "c") with { View = 3 }, CensusOf(1, "d") with { View = 7 });

        Assert.True(grown.YieldsTo(old));
        Assert.False(old.YieldsTo(grown));
    }

    [Fact]
    public void TheOneWithoutABackend_Ends_HoweverOldItsViews()
    {
        var (empty, founded) = (CensusOf(0, "a", "b", "c") with { View = 7 }, CensusOf(1, "d") with { View = 1 });

        Assert.True(empty.YieldsTo(founded));
        Assert.False(founded.YieldsTo(empty));
    }

    [Fact]
    public async Task Census_ComesThroughTheWire_AndBadBytesAreRefused()
    {
        await using var node = await TestNode.StartAsync();
        var serializer = (SerializerWithStringManifest)node.System.Serialization.FindSerializerFor(CensusOf(1, "a"));
        var bytes = serializer.ToBinary(CensusOf(1, "a", "b"));

        var read = (Census)serializer.FromBinary(bytes, "C2");

        // Never change them: nodes of two builds speak them.
        Assert.Equal(
            "0000000000000000" + "01" + "02" // no view, one backend, two members
            + "1D" + "616B6B612E7463703A2F2F706F6D656772616E61746540613A34303533" + "0000000000000001" // akka.tcp://pomegranate@a:4053
            + "1D" + "616B6B612E7463703A2F2F706F6D656772616E61746540623A34303533" + "0000000000000001",
            Convert.ToHexString(bytes));
        Assert.Equal(CensusOf(1, "a", "b").Members, read.Members);
        Assert.Equal(1, read.Backends);
        Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.ThrowsAny<WireFormatException>(() => serializer.FromBinary(bytes[..length], "C2")));
    }

    private static Census CensusOf(int backends, params string[] members) =>
        new([.. members.Select(name => new UniqueAddress(new Address("akka.tcp", "pomegranate", name, 4053), 1))], backends);
}
