using Akka.Actor;
using Akka.TestKit.Xunit2;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pomegranate.Backend.Durability;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Sessions.Late;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.State;
using Pomegranate.Sessions;
using Pomegranate.Wire;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Tests.Replication;

public sealed class ReplicationSerializerTests : TestKit
{
    private static readonly SessionEntry Entry = SessionEntry.Live(
        new(3, 7, 0xAA), new(3, 1, 0xAA), 1000, [new("a", new(3, 6, 0xAA), [1, 2]), new("b", new(3, 7, 0xAA), null)]);

    private const string GoldenEntry =
        "03" + "07" + "00000000000000AA" + "03" + "01" + "00000000000000AA" + "00000000000003E8" + "00" + // versions, access, not removed
        "02" + "0161" + "03" + "06" + "00000000000000AA" + "01" + "020102" + "0162" + "03" + "07" + "00000000000000AA" + "00"; // attributes

    private const string Ticket = "0000000000000005";
    private const string View = "0000000000000009";
    private const string ReplicaId = "00112233445566778899AABBCCDDEEFF";
    private const string Id = "00000000000000010000000000000002";

    /// <summary>Every message with its manifest and its bytes: nodes of two versions speak them. Never change one.</summary>
    private static readonly (object Message, string Manifest, string Hex)[] Golden =
    [
        (SessionBucket.Of(100, [new(new SessionId(1, 2), Entry)]), "B1", "01" + "0000000000000064" + "01" + Id + GoldenEntry),
        (new Store(5, [new(new SessionId(1, 2), Entry)], 9), "s2", Ticket + View + "01" + Id + GoldenEntry),
        (new Stored(5, 9), "S2", Ticket + View),
        (new Fetch(5, new SessionId(1, 2), 9), "f2", Ticket + View + Id),
        (new Fetched(5, Entry, 9), "F2", Ticket + View + "01" + GoldenEntry),
        (new Fetched(5, null, 9), "F2", Ticket + View + "00"),
        (new Hello(true, false), "h1", "0100"),
        (new Hello(true, false, new DurableIdentity(new Guid(Convert.FromHexString(ReplicaId)), [])), "h2", "0100" + "10" + ReplicaId + "00"),
        (new Clock(5), "t1", Ticket),
        (new ReadDigests(5, 9), "d2", Ticket + View),
        (new Digests(5, [new(300, 0xFE)]), "D1", Ticket + "01" + "AC02" + "00000000000000FE"),
        (new ReadPage(5, 300, new SessionId(1, 2)), "p1", Ticket + "AC02" + "01" + Id),
        (new ReadPage(5, 300, null), "p1", Ticket + "AC02" + "00"),
        (new Page(5, 300, SessionBucket.Of(100, [new(new SessionId(1, 2), Entry)]), true), "P1",
            Ticket + "AC02" + "01" + "01" + "0000000000000064" + "01" + Id + GoldenEntry),
        (new SessionActor.ExpireIfIdle(new SessionId(1, 2)), "x1", Id),
        (new LateChange(
            new SessionId(1, 2), true, [new("k", [7]), new("x", null)], [new("k", new SessionVersion(300, 2, 0xFE))]) { Outcome = [5] }, "l1",
            Id + "01" + "02" + "016B" + "01" + "0107" + "0178" + "00" + "01" + "016B" + "AC02" + "02" + "00000000000000FE" + "01" + "0105"),
        (LateChange.UseOf(new SessionId(1, 2)), "l1", Id + "00" + "00" + "00" + "00"),
        (new LateReply(LateResult.Conflict, "no", new(1, 2, 3)), "L1", "02" + "026E6F" + "01" + "02" + "0000000000000003"),
    ];

    private readonly ReplicationSerializer _serializer;

    public ReplicationSerializerTests() => _serializer = new ReplicationSerializer((ExtendedActorSystem)Sys);

    public static TheoryData<int> Messages => [.. Enumerable.Range(0, Golden.Length)];

    [Theory]
    [MemberData(nameof(Messages))]
    public void ToBinary_GoldenMessage_IsGoldenBytes(int index)
    {
        var (message, manifest, hex) = Golden[index];

        Assert.Equal(7103, _serializer.Identifier);
        Assert.Equal(manifest, _serializer.Manifest(message));
        Assert.Equal(hex, Convert.ToHexString(_serializer.ToBinary(message)));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void FromBinary_GoldenBytes_WritesTheSameAgain(int index)
    {
        var (message, manifest, hex) = Golden[index];

        var read = _serializer.FromBinary(Convert.FromHexString(hex), manifest);

        Assert.IsType(message.GetType(), read);
        Assert.Equal(hex, Convert.ToHexString(_serializer.ToBinary(read)));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void FromBinary_TruncatedAtEveryLength_IsRefused(int index)
    {
        var bytes = Convert.FromHexString(Golden[index].Hex);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<WireFormatException>(() => _serializer.FromBinary(bytes[..length], Golden[index].Manifest));
        }
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void FromBinary_BytesLeftOver_IsRefused(int index) => Assert.Throws<WireFormatException>(
        () => _serializer.FromBinary([.. Convert.FromHexString(Golden[index].Hex), 0], Golden[index].Manifest));

    [Theory]
    [MemberData(nameof(Messages))]
    public void FromBinary_EachByteReplaced_FailsOnlyAsFormat(int index)
    {
        var golden = Convert.FromHexString(Golden[index].Hex);
        for (var at = 0; at < golden.Length; at++)
        {
            foreach (var value in (byte[])[0, 1, 2, 0x7F, 0x80, 0xFF])
            {
                var bytes = golden.ToArray();
                bytes[at] = value;
                ReadOrRefuse(bytes, Golden[index].Manifest);
            }
        }
    }

    [Fact]
    public void FromBinary_UnknownManifest_IsRefused() => Assert.Throws<WireFormatException>(() => _serializer.FromBinary([], "s2"));

    [Theory]
    [InlineData("p1", Ticket + "8020" + "00")]
    [InlineData("D1", Ticket + "01" + "8020" + "0000000000000000")]
    public void FromBinary_BucketThatDoesNotExist_IsRefused(string manifest, string hex) =>
        Assert.Throws<WireFormatException>(() => _serializer.FromBinary(Convert.FromHexString(hex), manifest));

    [Fact]
    public void Serialization_EveryMessage_IsOurs()
    {
        using var system = BackendSystem.Start();

        Assert.All(Golden, golden => Assert.IsType<ReplicationSerializer>(system.System.Serialization.FindSerializerFor(golden.Message)));
    }

    [Property(MaxTest = 3000)]
    public Property FromBinary_AnyBytes_FailsOnlyAsFormat() => Prop.ForAll(
        Gen.Zip(ArbMap.Default.GeneratorFor<byte[]>(), Gen.Elements(Golden)).ToArbitrary(),
        sample => ReadOrRefuse(sample.Item1 ?? [], sample.Item2.Manifest));

    [Property(MaxTest = 500)]
    public Property Bucket_WrittenAndRead_IsTheSame() => Prop.ForAll(
        StateGenerators.Bucket.ToArbitrary(),
        bucket => ((SessionBucket)_serializer.FromBinary(_serializer.ToBinary(bucket), "B1")).Digest() == bucket.Digest());

    private bool ReadOrRefuse(byte[] bytes, string manifest)
    {
        try
        {
            _serializer.FromBinary(bytes, manifest);
        }
        catch (WireFormatException)
        {
            // What it should do with what it cannot read.
        }

        return true;
    }
}
