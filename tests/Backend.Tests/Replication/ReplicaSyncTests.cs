using Pomegranate.Backend.Durability;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>Real clusters on loopback. Gossip is too slow to help, so what arrives came by the product's own ways.</summary>
[Collection(RealClusters.Name)]
public sealed class ReplicaSyncTests : IDisposable
{
    private const string NoGossip = "akka.cluster.distributed-data.gossip-interval = 1h";

    private readonly List<ReplicatingNode> _nodes = [];

    [Fact]
    public async Task First_HasNobodyToCopyFrom_CompleteAndCommitsAlone()
    {
        var first = await CompleteAsync();

        var id = await CommitAsync(first, 1);

        Assert.Equal(1u, (await first.Client.RecoverAsync(id).For("the recovery"))!.Version.Sequence);
    }

    [Fact]
    public async Task Joining_CopiesEveryBucketThatDiffers()
    {
        var first = await CompleteAsync();
        var ids = await Task.WhenAll(Enumerable.Range(1, 200).Select(n => CommitAsync(first, (uint)n)));

        var second = await CompleteAsync();

        foreach (var id in ids)
        {
            Assert.NotNull((await second.ReadAsync(SessionBuckets.KeyOf(id).Bucket)).Find(id));
        }
    }

    [Fact]
    public async Task Joining_AddressSortsBeforeTheOthers_CopiesAllTheSame()
    {
        // A membership is told in the order of addresses: this newcomer sees itself first.
        BackendSystem[] systems = [BackendSystem.Start(NoGossip), BackendSystem.Start(NoGossip)];
        Array.Sort(systems, (left, right) => Akka.Cluster.Member.AddressOrdering.Compare(left.Address.Address, right.Address.Address));
        var first = await CompleteAsync(systems[1]);
        var id = await CommitAsync(first, 3);

        var second = await CompleteAsync(systems[0]);

        Assert.NotNull((await second.ReadAsync(SessionBuckets.KeyOf(id).Bucket)).Find(id));
    }

    [Fact]
    public async Task Joining_BucketOfSeveralPages_IsWhole()
    {
        var first = await CompleteAsync();
        var bucket = SessionBucket.Of(7, Enumerable.Range(1, 20).Select(n => KeyValuePair.Create(
            new SessionId(9, (ulong)n), Entry((uint)n, new byte[100_000]))));
        await first.PutAsync(9, bucket);

        var second = await CompleteAsync();

        Assert.Equal(bucket.Digest(), (await second.ReadAsync(9)).Digest());
    }

    [Fact]
    public async Task Commit_OfAPair_IsOnBothAndReadFromBoth()
    {
        var first = await CompleteAsync();
        var second = await CompleteAsync();

        var id = await CommitAsync(first, 5);

        Assert.Equal(5u, (await second.ReadAsync(SessionBuckets.KeyOf(id).Bucket)).Find(id)!.Version.Sequence);
        Assert.Equal(5u, (await second.Client.RecoverAsync(id).For("the recovery elsewhere"))!.Version.Sequence);
    }

    [Fact]
    public async Task Recover_StaleHere_TheNewestOfAMajority()
    {
        var first = await CompleteAsync();
        var second = await CompleteAsync();
        var id = SessionId.NewRandom();
        await PutAsync(first, id, 2);
        await PutAsync(second, id, 1);

        Assert.Equal(2u, (await second.Client.RecoverAsync(id).For("the recovery"))!.Version.Sequence);
        Assert.Equal(2u, (await second.ReadAsync(SessionBuckets.KeyOf(id).Bucket)).Find(id)!.Version.Sequence);
    }

    [Fact]
    public async Task OwnerDies_AcknowledgedChanges_AreReadWhereverTheyWent()
    {
        var home = await CompleteAsync();
        var other = await CompleteAsync();
        var third = await CompleteAsync();
        var ids = await Task.WhenAll(Enumerable.Range(1, 100).Select(n => CommitAsync(home, (uint)n)));

        await home.DieAsync(other, third);

        foreach (var (id, n) in ids.Select((id, i) => (id, (uint)i + 1)))
        {
            Assert.Equal(n, (await third.Client.RecoverAsync(id).For("the recovery after a death"))!.Version.Sequence);
        }
    }

    [Fact]
    public async Task HolderDies_AndAnotherJoins_StillRead()
    {
        // The trap of R + W > N: {first, second} acknowledged, second is dead, third has just joined. The majority
        // {third, first} holds it, because third became complete before it counted.
        var first = await CompleteAsync();
        var second = await CompleteAsync();
        var id = await CommitAsync(first, 8);
        await second.DieAsync(first);

        var third = await CompleteAsync();
        await first.DieAsync(third);

        Assert.Equal(8u, (await third.Client.RecoverAsync(id).For("the recovery"))!.Version.Sequence);
    }

    [Fact]
    public async Task HolderDies_SurvivorsThatDiffer_CompareThemselves()
    {
        // Only second got the change before its home died.
        var home = await CompleteAsync();
        var second = await CompleteAsync();
        var third = await CompleteAsync();
        var id = SessionId.NewRandom();
        await PutAsync(second, id, 4);

        await home.DieAsync(second, third);

        await Eventually.AwaitAsync("the third backend to have what only the second had",
            async () => (await third.ReadAsync(SessionBuckets.KeyOf(id).Bucket)).Find(id) is not null);
    }

    [Fact]
    public async Task HolderDies_OnDisk_IsWaitedForUntilTheSurvivorsHaveComparedThemselves()
    {
        // A restart that no longer waits for the dead one must find its changes on whichever survivor comes back.
        var directory = Directory.CreateTempSubdirectory("pomegranate-roster-");
        DurableStore[] disks = [.. Enumerable.Range(0, 3).Select(n => DurableStore.Open(Path.Combine(directory.FullName, $"{n}"), 1 << 20))];
        try
        {
            var home = await CompleteAsync(disk: disks[0]);
            var second = await CompleteAsync(disk: disks[1]);
            var third = await CompleteAsync(disk: disks[2]);
            await Eventually.AwaitAsync("the third's roster to name all three", () => Task.FromResult(disks[2].Roster.Count == 3));
            var id = SessionId.NewRandom();
            await PutAsync(second, id, 4);

            // From the moment that the third hears of the death, not only once it has removed the dead.
            var death = home.DieAsync(second, third);
            await Eventually.AwaitAsync("the third to wait for the dead no longer", () => Task.FromResult(disks[2].Roster.Count == 2));
            Assert.NotNull((await third.ReadAsync(SessionBuckets.KeyOf(id).Bucket)).Find(id));
            await death;
        }
        finally
        {
            _nodes.ForEach(node => node.Dispose());
            Array.ForEach(disks, disk => disk.Dispose());
            directory.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-3)]
    public async Task Joining_ClockIsHoursOff_TakesTheClustersTime(int hours)
    {
        var first = await CompleteAsync();
        var wrong = new SessionClock(TimeProvider.System);
        wrong.Adopt(wrong.Now + (long)TimeSpan.FromHours(hours).TotalMilliseconds);

        var second = await CompleteAsync(clock: wrong);

        Assert.InRange(second.Clock.Now - first.Clock.Now, -60_000, 60_000);
    }

    [Fact]
    public async Task NewCluster_FewerBackendsThanItNeeds_NoneIsCompleteUntilTheyAreEnough()
    {
        var first = await ReplicatingNode.JoinAsync(BackendSystem.Start(NoGossip), minimum: 2);
        _nodes.Add(first);
        await Eventually.AwaitAsync("the first to wait for another", () => Task.FromResult(first.Founding.WaitingFor is not null));
        Assert.Contains("it has 1 of the 2 backends that a new cluster needs (Pomegranate:Replication:MinimumBackends)", first.Founding.WaitingFor, StringComparison.Ordinal);
        Assert.False(first.Completed.IsCompleted);

        var second = await ReplicatingNode.JoinAsync(BackendSystem.Start(NoGossip), first, minimum: 2);
        _nodes.Add(second);

        await Task.WhenAll(first.Completed, second.Completed).For("both to be complete");
        Assert.Null(first.Founding.WaitingFor);
    }

    [Fact]
    public async Task Joining_FewerBackendsThanANewClusterNeeds_DoesNotWait()
    {
        var first = await CompleteAsync();

        var second = await ReplicatingNode.JoinAsync(BackendSystem.Start(NoGossip), first, minimum: 3);
        _nodes.Add(second);

        await second.Completed.For("the second to be complete");
    }

    public void Dispose() => _nodes.ForEach(node => node.Dispose());

    private async Task<ReplicatingNode> CompleteAsync(BackendSystem? system = null, SessionClock? clock = null, DurableStore? disk = null)
    {
        var node = await ReplicatingNode.JoinAsync(
            system ?? BackendSystem.Start(NoGossip), _nodes.Find(n => !n.Node.System.WhenTerminated.IsCompleted), clock, disk: disk);
        _nodes.Add(node);
        await node.Completed.For($"the replica of {node.Address} to be complete");

        // The others count it only once they have heard of it.
        var alive = _nodes.FindAll(n => !n.Node.System.WhenTerminated.IsCompleted);
        await Task.WhenAll(alive.Select(n => n.AwaitVotersAsync(alive.Count)));
        return node;
    }

    private static async Task<SessionId> CommitAsync(ReplicatingNode node, uint sequence)
    {
        var id = SessionId.NewRandom();
        await node.Client.CommitAsync(id, Entry(sequence)).For("the commit");
        return id;
    }

    private static Task PutAsync(ReplicatingNode node, SessionId id, uint sequence) =>
        node.PutAsync(SessionBuckets.KeyOf(id).Bucket, SessionBucket.Of(id, Entry(sequence)));

    private static SessionEntry Entry(uint sequence, byte[]? value = null) => SessionEntry.Live(
        new(1, sequence, 1), default, 1000, [new("a", new(1, sequence, 1), value ?? [1])]);
}

/// <summary>Tests that start clusters run one after another: two cores are enough for one.</summary>
[CollectionDefinition(Name)]
public sealed class RealClusters
{
    /// <summary>The collection's name.</summary>
    public const string Name = "real clusters";
}
