using System.Reflection;
using Akka.DistributedData;
using Akka.DistributedData.Internal;
using Akka.Serialization;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>What DData's gossip compares buckets by, and that it still repairs what our own channel has missed.</summary>
[Collection(RealClusters.Name)]
public sealed class BucketDigestTests
{
    [Fact]
    public void Envelope_OfABucket_IsDigestedNotSerialised()
    {
        using var system = BackendSystem.Start();
        var serializer = SerializerOf(system);
        var bucket = SessionBucket.Of(new SessionId(1, 2), Entry(1, new byte[100_000]));

        var digest = serializer.ToBinary(Envelope(bucket));

        Assert.IsType<BucketDigestSerializer>(serializer);
        Assert.Equal(8, digest.Length);
        Assert.Equal(digest, serializer.ToBinary(Envelope(SessionBucket.Empty.Merge(bucket))));
        Assert.NotEqual(digest, serializer.ToBinary(Envelope(bucket.Merge(new SessionId(1, 2), Entry(2)))));
    }

    [Fact]
    public void Envelope_OfAnythingElse_IsItsBytes()
    {
        using var system = BackendSystem.Start();
        var keys = GSet.Create("a", "b");

        var bytes = SerializerOf(system).ToBinary(Envelope(keys));

        Assert.NotEqual(bytes, SerializerOf(system).ToBinary(Envelope(keys.Add("c"))));
    }

    [Fact]
    public async Task Gossip_ABucketThatOneNodeMissed_ArrivesThere()
    {
        const string gossip = "akka.cluster.distributed-data.gossip-interval = 50ms";
        using var first = await ReplicatingNode.JoinAsync(BackendSystem.Start(gossip));
        using var second = await ReplicatingNode.JoinAsync(BackendSystem.Start(gossip), first);
        await Task.WhenAll(first.Completed, second.Completed).For("both replicas to be complete");
        var id = SessionId.NewRandom();
        var bucket = SessionBuckets.KeyOf(id).Bucket;
        await first.PutAsync(bucket, SessionBucket.Of(id, Entry(1)));
        await second.PutAsync(bucket, SessionBucket.Of(id, Entry(2)));

        await Eventually.AwaitAsync("the first node to have what was put into the second alone",
            async () => (await first.ReadAsync(bucket)).Find(id)?.Version.Sequence == 2);
    }

    /// <summary>The Replicator alone can make one: its constructor is internal.</summary>
    private static DataEnvelope Envelope(IReplicatedData data) => (DataEnvelope)typeof(DataEnvelope)
        .GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic).Single(c => c.GetParameters() is [{ } first, ..] && first.ParameterType == typeof(IReplicatedData))
        .Invoke([data, null, null]);

    private static Serializer SerializerOf(BackendSystem system) => system.System.Serialization.FindSerializerForType(typeof(DataEnvelope));

    private static SessionEntry Entry(uint sequence, byte[]? value = null) => SessionEntry.Live(
        new(1, sequence, 1), default, 1000, [new("a", new(1, sequence, 1), value ?? [1])]);
}
