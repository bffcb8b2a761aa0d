using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pomegranate.Backend.State;
using Pomegranate.Wire;

namespace Pomegranate.Backend.Tests.State;

/// <summary>The laws of a state-based CRDT (Shapiro et al., 2011): merging is a join of a semilattice.</summary>
public class SessionBucketLawTests
{
    [Property(MaxTest = 2000)]
    public Property Merge_InEitherOrder_IsTheSame() => Prop.ForAll(
        Gen.Two(StateGenerators.Bucket).ToArbitrary(),
        pair => Same(pair.Item1.Merge(pair.Item2), pair.Item2.Merge(pair.Item1)));

    [Property(MaxTest = 2000)]
    public Property Merge_InAnyGrouping_IsTheSame() => Prop.ForAll(
        Gen.Three(StateGenerators.Bucket).ToArbitrary(),
        three => Same(
            three.Item1.Merge(three.Item2).Merge(three.Item3),
            three.Item1.Merge(three.Item2.Merge(three.Item3))));

    [Property(MaxTest = 2000)]
    public Property Merge_WithWhatItHolds_ChangesNothing() => Prop.ForAll(
        Gen.Two(StateGenerators.Bucket).ToArbitrary(),
        pair =>
        {
            var merged = pair.Item1.Merge(pair.Item2);
            return Same(merged.Merge(pair.Item1), merged) && Same(merged.Merge(pair.Item2), merged) && Same(merged.Merge(Copy(merged)), merged);
        });

    [Property(MaxTest = 2000)]
    public Property Merge_OfDeltasInAnyOrder_IsTheState() => Prop.ForAll(
        Gen.Zip(Gen.NonEmptyListOf(StateGenerators.Entry), Gen.Choose(0, int.MaxValue)).ToArbitrary(),
        sample =>
        {
            var (deltas, seed) = sample;
            var id = StateGenerators.Ids[0];
            var state = deltas.Aggregate((state, delta) => state.Merge(delta));
            var shuffled = deltas.ToArray();
            new Random(seed).Shuffle(shuffled);
            var fromDeltas = shuffled.Concat(shuffled).Aggregate(SessionBucket.Empty, (bucket, delta) => bucket.Merge(id, delta));
            return Same(fromDeltas, SessionBucket.Of(id, state));
        });

    [Property(MaxTest = 2000)]
    public Property Removed_MergedWithAnything_StaysRemoved() => Prop.ForAll(
        Gen.Zip(StateGenerators.Entry, StateGenerators.Version).ToArbitrary(),
        sample => sample.Item1.Merge(SessionEntry.Removed(sample.Item2, 250)).IsRemoved);

    [Property(MaxTest = 1000)]
    public Property Format_WrittenAndRead_IsTheSame() => Prop.ForAll(
        StateGenerators.Bucket.ToArbitrary(),
        bucket => Same(Copy(bucket), bucket) && Copy(bucket).Digest() == bucket.Digest());

    [Property(MaxTest = 500)]
    public Property Digest_OfDifferentBuckets_Differs() => Prop.ForAll(
        Gen.Two(StateGenerators.Bucket).ToArbitrary(),
        pair => Same(pair.Item1, pair.Item2) || SameVersions(pair.Item1, pair.Item2) || pair.Item1.Digest() != pair.Item2.Digest());

    [Fact]
    public void Forget_OnOneReplica_IsNotUndoneByAnother()
    {
        var id = StateGenerators.Ids[0];
        var live = SessionBucket.Of(id, SessionEntry.Live(new(1, 1, 1), default, 100, []));
        var removed = live.Merge(id, SessionEntry.Removed(new(1, 2, 1), 200));

        var forgotten = removed.Forget(250);

        Assert.Empty(forgotten.Entries);
        Assert.Empty(forgotten.Merge(live).Entries);
        Assert.Empty(live.Merge(forgotten).Entries);
        Assert.Empty(forgotten.Merge(removed).Entries);
    }

    [Fact]
    public void Clear_SweepsWhatCameBefore_AndKeepsWhatCameWithIt()
    {
        var before = new SessionVersion(1, 1, 1);
        var after = new SessionVersion(1, 2, 1);
        var old = SessionEntry.Live(before, default, 100, [new("a", before, [1]), new("b", before, [2])]);

        var merged = old.Merge(SessionEntry.Live(after, before, 110, [new("b", after, [3])]));

        Assert.Null(merged.Find("a"));
        Assert.Equal([3], merged.Find("b"));
        Assert.Null(merged.Merge(old).Find("a"));
    }

    [Fact]
    public void Page_ThroughAll_MergesToTheWhole()
    {
        var version = new SessionVersion(1, 1, 1);
        var bucket = SessionBucket.Of(0, Enumerable.Range(0, 50).Select(n => KeyValuePair.Create(
            new Pomegranate.Sessions.SessionId((ulong)n, 5), SessionEntry.Live(version, default, 100, [new("k", version, new byte[100])]))));

        var copy = SessionBucket.Empty;
        Pomegranate.Sessions.SessionId? after = null;
        var pages = 0;
        for (var isLast = false; !isLast; pages++)
        {
            (var part, isLast) = bucket.Page(after, 1000);
            Assert.InRange(part.Entries.Length, 1, 10);
            copy = copy.Merge(part);
            after = part.Entries[^1].Key;
        }

        Assert.True(Same(copy.Merge(SessionBucket.Of(0, [])), bucket));
        Assert.True(pages > 5);
    }

    internal static byte[] Bytes(SessionBucket bucket)
    {
        var buffer = new ArrayBufferWriter<byte>();
        SessionFormat.WriteBucket(new WireWriter(buffer), bucket);
        return buffer.WrittenSpan.ToArray();
    }

    private static SessionBucket Copy(SessionBucket bucket)
    {
        var reader = new WireReader(Bytes(bucket));
        var copy = SessionFormat.ReadBucket(ref reader);
        reader.End();
        return copy;
    }

    private static bool Same(SessionBucket left, SessionBucket right) => Bytes(left).AsSpan().SequenceEqual(Bytes(right));

    /// <summary>A digest covers versions, not values: these differ only in what no two homes write differently.</summary>
    private static bool SameVersions(SessionBucket left, SessionBucket right) =>
        left.Horizon == right.Horizon
        && left.Entries.Select(e => (e.Key, e.Value.Version, e.Value.Stamp)).SequenceEqual(right.Entries.Select(e => (e.Key, e.Value.Version, e.Value.Stamp)))
        && left.Entries.SelectMany(e => e.Value.Attributes.Select(a => (a.Version, a.IsRemoved)))
            .SequenceEqual(right.Entries.SelectMany(e => e.Value.Attributes.Select(a => (a.Version, a.IsRemoved))));
}
