using System.Buffers;
using Akka.Actor;
using Akka.Serialization;
using Pomegranate.Backend.Durability;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Sessions.Late;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Wire;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// The bytes of replication messages and of a bucket in DData's gossip. Manifests are constant and never reused; a
/// message of an unknown manifest is refused loudly.
/// </summary>
internal sealed class ReplicationSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string BucketManifest = "B1";
    private const string StoreManifest = "s2";
    private const string StoredManifest = "S2";
    private const string FetchManifest = "f2";
    private const string FetchedManifest = "F2";
    private const string HelloManifest = "h1";
    private const string DurableHelloManifest = "h2";
    private const string ClockManifest = "t1";
    private const string ReadDigestsManifest = "d2";
    private const string DigestsManifest = "D1";
    private const string ReadPageManifest = "p1";
    private const string PageManifest = "P1";
    private const string ExpireManifest = "x1";
    private const string LateChangeManifest = "l1";
    private const string LateReplyManifest = "L1";

    public override int Identifier => 7103;

    public override string Manifest(object o) => o switch
    {
        SessionBucket => BucketManifest,
        Store => StoreManifest,
        Stored => StoredManifest,
        Fetch => FetchManifest,
        Fetched => FetchedManifest,
        Hello { Durable: null } => HelloManifest,
        Hello => DurableHelloManifest,
        Clock => ClockManifest,
        ReadDigests => ReadDigestsManifest,
        Digests => DigestsManifest,
        ReadPage => ReadPageManifest,
        Page => PageManifest,
        SessionActor.ExpireIfIdle => ExpireManifest,
        LateChange => LateChangeManifest,
        LateReply => LateReplyManifest,
        _ => throw new ArgumentException($"{nameof(ReplicationSerializer)} does not write {o.GetType()}.", nameof(o)),
    };

    public override byte[] ToBinary(object obj)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(buffer);
        switch (obj)
        {
            case SessionBucket bucket:
                SessionFormat.WriteBucket(writer, bucket);
                break;
            case Store store:
                ReplicaFrames.Write(writer, store);
                break;
            case Stored stored:
                ReplicaFrames.WriteStored(writer, (stored.Ticket, stored.View));
                break;
            case Fetch fetch:
                writer.Int64(fetch.Ticket);
                writer.Int64(fetch.View);
                writer.Id(fetch.Id);
                break;
            case Fetched fetched:
                writer.Int64(fetched.Ticket);
                writer.Int64(fetched.View);
                writer.Bool(fetched.Entry is not null);
                if (fetched.Entry is not null)
                {
                    SessionFormat.WriteEntry(writer, fetched.Entry);
                }

                break;
            case Hello hello:
                writer.Bool(hello.IsIn);
                writer.Bool(hello.IsReply);
                hello.Durable?.Write(writer);
                break;
            case Clock clock:
                writer.Int64(clock.Now);
                break;
            case ReadDigests read:
                writer.Int64(read.Ticket);
                writer.Int64(read.View);
                break;
            case Digests digests:
                writer.Int64(digests.Ticket);
                writer.Count(digests.Buckets.Count);
                foreach (var (bucket, digest) in digests.Buckets)
                {
                    writer.Count(bucket);
                    writer.UInt64(digest);
                }

                break;
            case ReadPage read:
                writer.Int64(read.Ticket);
                writer.Count(read.Bucket);
                writer.Bool(read.After is not null);
                if (read.After is { } after)
                {
                    writer.Id(after);
                }

                break;
            case Page page:
                writer.Int64(page.Ticket);
                writer.Count(page.Bucket);
                writer.Bool(page.IsLast);
                SessionFormat.WriteBucket(writer, page.Part);
                break;
            case SessionActor.ExpireIfIdle expire:
                writer.Id(expire.SessionId);
                break;
            case LateChange change:
                change.Write(writer);
                break;
            case LateReply reply:
                reply.Write(writer);
                break;
            default:
                throw new ArgumentException($"{nameof(ReplicationSerializer)} does not write {obj.GetType()}.", nameof(obj));
        }

        return buffer.WrittenSpan.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(bytes);
        object message = manifest switch
        {
            BucketManifest => SessionFormat.ReadBucket(ref reader),
            StoreManifest => ReplicaFrames.ReadStore(ref reader),
            StoredManifest => new Stored(reader.Int64(), reader.Int64()),
            FetchManifest => FetchOf(ref reader),
            FetchedManifest => FetchedOf(ref reader),
            HelloManifest => new Hello(reader.Bool(), reader.Bool()),
            DurableHelloManifest => new Hello(reader.Bool(), reader.Bool(), DurableIdentity.Read(ref reader)),
            ClockManifest => new Clock(reader.Int64()),
            ReadDigestsManifest => new ReadDigests(reader.Int64(), reader.Int64()),
            DigestsManifest => new Digests(reader.Int64(), DigestList(ref reader)),
            ReadPageManifest => new ReadPage(reader.Int64(), BucketNumber(ref reader), reader.Bool() ? reader.Id() : null),
            PageManifest => PageOf(ref reader),
            ExpireManifest => new SessionActor.ExpireIfIdle(reader.Id()),
            LateChangeManifest => LateChange.Read(ref reader),
            LateReplyManifest => LateReply.Read(ref reader),
            _ => throw new WireFormatException($"Replication message '{manifest}' is not known to this build."),
        };
        reader.End();
        return message;
    }

    private static KeyValuePair<int, ulong>[] DigestList(ref WireReader reader)
    {
        var digests = new KeyValuePair<int, ulong>[reader.Count(9)];
        for (var i = 0; i < digests.Length; i++)
        {
            digests[i] = new(BucketNumber(ref reader), reader.UInt64());
        }

        return digests;
    }

    private static Fetch FetchOf(ref WireReader reader)
    {
        var (ticket, view) = (reader.Int64(), reader.Int64());
        return new Fetch(ticket, reader.Id(), view);
    }

    private static Fetched FetchedOf(ref WireReader reader)
    {
        var (ticket, view) = (reader.Int64(), reader.Int64());
        return new Fetched(ticket, reader.Bool() ? SessionFormat.ReadEntry(ref reader) : null, view);
    }

    private static Page PageOf(ref WireReader reader)
    {
        var ticket = reader.Int64();
        var bucket = BucketNumber(ref reader);
        var isLast = reader.Bool();
        return new Page(ticket, bucket, SessionFormat.ReadBucket(ref reader), isLast);
    }

    private static int BucketNumber(ref WireReader reader)
    {
        var bucket = reader.VarInt();
        return bucket < SessionBuckets.Count
            ? (int)bucket
            : throw new WireFormatException($"Bucket {bucket} does not exist; there are {SessionBuckets.Count}.");
    }
}
