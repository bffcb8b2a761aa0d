using Pomegranate.Backend.Durability;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.Durability;

/// <summary>The file of sessions: what is written is there again, and what is not as written is not taken for it.</summary>
public sealed class DurableStoreTests : IDisposable
{
    private const long Room = 1L << 30;

    private readonly string _directory = Directory.CreateTempSubdirectory("pomegranate-store-").FullName;

    private string File => Path.Combine(_directory, DurableStore.FileName);

    [Fact]
    public void Reopened_HoldsSessionsHorizonKeysRosterAndItsId()
    {
        var (first, second) = (new SessionId(7, 1), new SessionId(7, 2));
        var other = new DurableReplica(Guid.NewGuid(), "10.0.0.2:4053");
        Guid id;
        using (var store = Open())
        {
            id = store.Id;
            var bucket = SessionBucket.Of(first, Entry(1)).Merge(second, Entry(1));
            store.Write([new(7, bucket)], ["key"]);
            store.Write([new(7, bucket.Merge(first, Entry(2)).Merge(new SessionId(7, 3), Entry(1, stamp: 5)))], null);
            store.Write([new(7, bucket.Merge(first, Entry(2)).Forget(6))], null);
            store.SaveRoster([other]);
        }

        using var again = Open();
        var held = again.Buckets()[7];
        Assert.Equal((id, 6L, 2), (again.Id, held.Horizon, held.Entries.Length));
        Assert.Equal(2u, held.Find(first)!.Version.Sequence);
        Assert.Equal("key", Assert.Single(again.Keys));
        Assert.Equal(other, Assert.Single(again.Roster));
        Assert.Equal(0, again.WasCutOff);
    }

    /// <summary>A file of revision 1, byte by byte: it must stay readable, for it outlives the build that wrote it.</summary>
    [Fact]
    public void GoldenFile_IsRead()
    {
        System.IO.File.WriteAllBytes(File, Convert.FromHexString(
            "504F4D4C4F47010A" // POMLOG, revision 1
            + "00000084" + "3B7B2FED" + "9D52F69032B87D29" // a frame: length, its hash, the payload's hash
            + "49" + "10" + "00112233445566778899AABBCCDDEEFF" // I: this store's id
            + "52" + "01" + "10" + "00112233445566778899AABBCCDDEEFF" + "0161" // R: a roster of one, at address a
            + "4B" + "01" + "036B6579" // K: one key
            + "48" + "01" + "0000000000000064" // H: bucket 1 is forgotten up to 100
            + "53" + "01" + "00000000000000010000000000000002" // S: bucket 1, a session of two attributes
            + "03" + "07" + "00000000000000AA" + "03" + "01" + "00000000000000AA" + "00000000000003E8" + "00"
            + "02" + "0161" + "03" + "06" + "00000000000000AA" + "01" + "020102" + "0162" + "03" + "07" + "00000000000000AA" + "00"
            + "E5"));

        using var store = Open();

        var id = new Guid(Convert.FromHexString("00112233445566778899AABBCCDDEEFF"));
        Assert.Equal((id, id, "a"), (store.Id, Assert.Single(store.Roster).Id, store.Roster[0].Address));
        Assert.Equal("key", Assert.Single(store.Keys));
        Assert.Equal(100, store.Buckets()[1].Horizon);
        Assert.Equal(new SessionVersion(3, 7, 0xAA), store.Buckets()[1].Find(new SessionId(1, 2))!.Version);
        Assert.Equal(0, store.WasCutOff);
    }

    [Fact]
    public void LastWriteCutOffAnywhere_IsDroppedAndTheOneBeforeIsThere()
    {
        var id = new SessionId(1, 1);
        long before;
        using (var store = Open())
        {
            store.Write([new(1, SessionBucket.Of(id, Entry(1)))], null);
            before = new FileInfo(File).Length;
            store.Write([new(1, SessionBucket.Of(id, Entry(2)))], null);
        }

        var whole = System.IO.File.ReadAllBytes(File);
        for (var length = before; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..(int)length]);
            using var store = Open();
            Assert.Equal(1u, store.Buckets()[1].Find(id)!.Version.Sequence);
            Assert.Equal(length - before, store.WasCutOff);
            store.Write([new(1, SessionBucket.Of(id, Entry(3)))], null);
        }

        using var last = Open();
        Assert.Equal(3u, last.Buckets()[1].Find(id)!.Version.Sequence);
    }

    [Fact]
    public void AnyByteOverwritten_IsRefusedWithTheFileAndTheRemedy()
    {
        using (var store = Open())
        {
            store.Write([new(1, SessionBucket.Of(new SessionId(1, 1), Entry(1)))], ["key"]);
        }

        var whole = System.IO.File.ReadAllBytes(File);
        for (var position = 0; position < whole.Length; position++)
        {
            var damaged = whole.ToArray();
            damaged[position] ^= 0x41;
            System.IO.File.WriteAllBytes(File, damaged);

            var failure = Assert.Throws<DurableStoreException>(() => Open().Dispose());
            Assert.Contains(File, failure.Message, StringComparison.Ordinal);
            Assert.Contains("Move the directory away", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Full_NothingIsWrittenAndRoomHelps()
    {
        var (small, large) = (new SessionId(1, 1), new SessionId(2, 1));
        using (var store = DurableStore.Open(_directory, 10_000))
        {
            store.Write([new(1, SessionBucket.Of(small, Entry(1)))], null);
            var failure = Assert.Throws<DurableStoreException>(() => store.Write([new(2, SessionBucket.Of(large, Entry(1, size: 10_000)))], null));
            Assert.Contains("Pomegranate:Replication:DurableMaxBytes", failure.Message, StringComparison.Ordinal);
            store.Write([new(1, SessionBucket.Of(small, Entry(2)))], null);
        }

        using var again = Open();
        Assert.Equal(2u, again.Buckets()[1].Find(small)!.Version.Sequence);
        Assert.False(again.Buckets().ContainsKey(2));
        again.Write([new(2, SessionBucket.Of(large, Entry(1, size: 10_000)))], null);
    }

    [Fact]
    public async Task RewrittenWhileItIsWritten_LosesNothingAndShrinks()
    {
        var (changed, written) = (new SessionId(1, 1), new SessionId(2, 1));
        var sequence = 0u;
        using (var store = Open())
        {
            store.Write([new(2, SessionBucket.Of(written, Entry(1)))], ["key"]);
            while (store.Rewriting == Task.CompletedTask)
            {
                store.Write([new(1, SessionBucket.Of(changed, Entry(++sequence, size: 400_000)))], null);
            }

            store.Write([new(1, SessionBucket.Of(changed, Entry(++sequence)))], null);
            await store.Rewriting;
            Assert.InRange(new FileInfo(File).Length, 1, 10_000_000);
            store.Write([new(1, SessionBucket.Of(changed, Entry(++sequence)))], null);
        }

        using var again = Open();
        Assert.Equal(sequence, again.Buckets()[1].Find(changed)!.Version.Sequence);
        Assert.NotNull(again.Buckets()[2].Find(written));
        Assert.Equal("key", Assert.Single(again.Keys));
    }

    [Fact]
    public async Task Compaction_TheCommitThatStartsIt_IsInTheNewLog()
    {
        var written = 0;
        using (var store = Open())
        {
            while (store.Rewriting == Task.CompletedTask)
            {
                written++;
                store.Write([new(written, SessionBucket.Of(new SessionId(1, (ulong)written), Entry(1, size: 400_000)))], null);
            }

            await store.Rewriting;
        }

        using var again = Open();
        Assert.Equal(Enumerable.Range(1, written), again.Buckets().Keys.Order());
    }

    [Fact]
    public async Task Compaction_TheRosterThatStartsIt_IsInTheNewLog()
    {
        DurableReplica[] roster = [];
        using (var store = Open())
        {
            while (store.Rewriting == Task.CompletedTask)
            {
                roster = [.. Enumerable.Range(0, 5_000).Select(n => new DurableReplica(Guid.NewGuid(), $"10.0.{n / 256}.{n % 256}:4053"))];
                store.SaveRoster(roster);
            }

            await store.Rewriting;
        }

        using var again = Open();
        Assert.Equal(roster, again.Roster);
    }

    [Fact]
    public void InUse_IsRefusedAndSaysSo()
    {
        using var store = Open();

        var failure = Assert.Throws<DurableStoreException>(() => Open().Dispose());

        Assert.Contains($"Pomegranate:Replication:DurableDirectory is '{_directory}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("in use by another process", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NotADirectory_IsRefusedAndSaysSo()
    {
        var path = Path.Combine(_directory, "file");
        System.IO.File.WriteAllText(path, "");

        var failure = Assert.Throws<DurableStoreException>(() => DurableStore.Open(path, Room).Dispose());

        Assert.Contains("is not a directory", failure.Message, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static SessionEntry Entry(uint sequence, int size = 10, long stamp = 1000) => SessionEntry.Live(
        new SessionVersion(1, sequence, 9), default, stamp, [new SessionAttribute("a", new SessionVersion(1, sequence, 9), new byte[size])]);

    private DurableStore Open() => DurableStore.Open(_directory, Room);
}
