using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Clustering;
using Pomegranate.Tests;

namespace Pomegranate.Shared.Tests.Clustering;

public sealed class RevisionGateTests
{
    [Fact]
    public async Task Join_WithoutARevisionInCommon_TheNewcomerLeavesAndTheOlderStays()
    {
        await using var older = await TestNode.StartAsync();
        await older.JoinAsync(older);
        await older.AwaitMembersUpAsync(1);
        await using var newcomer = await TestNode.StartAsync(seed: older);

        newcomer.System.ActorOf(RevisionGate.Props(new WireRevisions(8, 9)));

        await newcomer.System.WhenTerminated.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.IsType<RevisionGate.IncompatibleReason>(CoordinatedShutdown.Get(newcomer.System).ShutdownReason);
        Assert.Equal(NodeLifetime.IncompatibleExitCode, Environment.ExitCode);
        Environment.ExitCode = 0;
        await older.AwaitMembersUpAsync(1);
    }

    [Fact]
    public async Task AYoungerMemberOfAnotherRevision_TheOlderStays()
    {
        var (older, younger) = await TestNode.StartPairAsync();
        await using var first = older;
        await using var second = younger;

        var gate = older.System.ActorOf(RevisionGate.Props(new WireRevisions(8, 9)));

        // It has asked for the members, so it hears of them before whoever asks next; then it has looked at them.
        await gate.Ask<ActorIdentity>(new Identify(1));
        using var next = Inbox.Create(older.System);
        Cluster.Get(older.System).Subscribe(next.Receiver, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent));
        await next.ReceiveAsync(TimeSpan.FromSeconds(10));
        await gate.Ask<ActorIdentity>(new Identify(2));
        Assert.Null(CoordinatedShutdown.Get(older.System).ShutdownReason);
    }

    [Theory]
    [InlineData("backend", 1, 1)]
    [InlineData("backend,wire-2-5", 2, 5)]
    [InlineData("wire-3-3,frontend", 3, 3)]
    [InlineData("wire-5-2", 1, 1)]
    [InlineData("wire-x-2", 1, 1)]
    public void Of_Roles_IsWhatTheySay(string roles, int oldest, int newest) =>
        Assert.Equal(new WireRevisions(oldest, newest), WireRevisions.Of(roles.Split(',')));

    [Theory]
    [InlineData(1, 1, 1, 1, true)]
    [InlineData(1, 2, 2, 3, true)]
    [InlineData(1, 3, 2, 2, true)]
    [InlineData(1, 1, 2, 3, false)]
    public void Meets_EitherWay_TheSame(int oldest, int newest, int otherOldest, int otherNewest, bool expected)
    {
        var (one, other) = (new WireRevisions(oldest, newest), new WireRevisions(otherOldest, otherNewest));

        Assert.Equal(expected, one.Meets(other));
        Assert.Equal(expected, other.Meets(one));
        Assert.Equal(one, WireRevisions.Of(one.Roles));
    }
}
