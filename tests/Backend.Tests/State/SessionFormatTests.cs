using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Wire;

namespace Pomegranate.Backend.Tests.State;

public class SessionFormatTests
{
    /// <summary>Revision 1, byte by byte. A build that cannot read this loses sessions in a rolling update: never change it.</summary>
    private const string Golden =
        "01" + // revision
        "0000000000000064" + // horizon 100
        "02" + // two sessions
        "00000000000000010000000000000002" + // id
        "03" + "07" + "00000000000000AA" + // version 3.7 by AA
        "03" + "01" + "00000000000000AA" + // cleared at 3.1
        "00000000000003E8" + // last access 1000
        "00" + // not removed
        "02" + // two attributes
        "0161" + "03" + "06" + "00000000000000AA" + "01" + "020102" + // "a" at 3.6: 01 02
        "0162" + "03" + "07" + "00000000000000AA" + "00" + // "b" removed at 3.7
        "00000000000000010000000000000003" + // id
        "01" + "AC02" + "00000000000000BB" + // version 1.300 by BB
        "00" + "00" + "0000000000000000" + // never cleared
        "0000000000000000" + // no last access
        "01" + "00000000000007D0" + // removed at 2000
        "00"; // no attributes

    private static readonly SessionBucket GoldenBucket = SessionBucket.Of(100,
    [
        new(new SessionId(1, 2), SessionEntry.Live(new(3, 7, 0xAA), new(3, 1, 0xAA), 1000,
            [new("b", new(3, 7, 0xAA), null), new("a", new(3, 6, 0xAA), [1, 2])])),
        new(new SessionId(1, 3), SessionEntry.Removed(new(1, 300, 0xBB), 2000)),
    ]);

    [Fact]
    public void Write_GoldenBucket_IsGoldenBytes() =>
        Assert.Equal(Golden, Convert.ToHexString(SessionBucketLawTests.Bytes(GoldenBucket)));

    [Fact]
    public void Read_GoldenBytes_IsGoldenBucket()
    {
        var reader = new WireReader(Convert.FromHexString(Golden));
        var bucket = SessionFormat.ReadBucket(ref reader);
        reader.End();

        Assert.Equal(Golden, Convert.ToHexString(SessionBucketLawTests.Bytes(bucket)));
        Assert.Equal([1, 2], bucket.Find(new SessionId(1, 2))!.Find("a"));
        Assert.True(bucket.Find(new SessionId(1, 3))!.IsRemoved);
    }

    [Fact]
    public void Read_UnknownRevision_IsRefused()
    {
        var bytes = Convert.FromHexString(Golden);
        bytes[0] = 2;
        var failure = Assert.Throws<WireFormatException>(() => Read(bytes));
        Assert.Contains("revision 2", failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Read_TruncatedAnywhere_IsRefused()
    {
        var bytes = Convert.FromHexString(Golden);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<WireFormatException>(() => Read(bytes[..length]));
        }
    }

    [Fact]
    public void Read_HugeCount_IsRefusedBeforeAllocating()
    {
        // A bucket that claims 2^62 sessions in 20 bytes.
        byte[] bytes = [1, .. new byte[8], 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x3F];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<WireFormatException>(() => Read(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Property(MaxTest = 5000)]
    public Property Read_AnyBytes_FailsOnlyAsFormat() => Prop.ForAll(
        ArbMap.Default.GeneratorFor<byte[]>().ToArbitrary(),
        bytes => ReadsOrRefuses([1, .. bytes ?? []]));

    [Property(MaxTest = 5000)]
    public Property Read_FlippedByte_FailsOnlyAsFormat() => Prop.ForAll(
        Gen.Zip(Gen.Choose(0, (Golden.Length / 2) - 1), Gen.Choose(0, 255)).ToArbitrary(),
        change =>
        {
            var bytes = Convert.FromHexString(Golden);
            bytes[change.Item1] = (byte)change.Item2;
            return ReadsOrRefuses(bytes);
        });

    private static bool ReadsOrRefuses(byte[] bytes)
    {
        try
        {
            Read(bytes);
        }
        catch (WireFormatException)
        {
            // What it should do with what it cannot read.
        }

        return true;
    }

    private static void Read(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        SessionFormat.ReadBucket(ref reader);
        reader.End();
    }

    [Fact]
    public void ReadEntry_KeysOfManySessions_AreOneString()
    {
        var buffer = new ArrayBufferWriter<byte>();
        SessionFormat.WriteEntry(new WireWriter(buffer), SessionEntry.Live(new(1, 1, 1), default, 0, [new("cart", new(1, 1, 1), [1])]));
        var (first, second) = (Read(), Read());

        Assert.Same(first.Attributes[0].Key, second.Attributes[0].Key);

        SessionEntry Read()
        {
            var reader = new WireReader(buffer.WrittenSpan);
            return SessionFormat.ReadEntry(ref reader);
        }
    }
}
