using System.Buffers.Binary;
using Akka.Actor;
using Akka.DistributedData.Internal;
using Akka.DistributedData.Serialization;
using Akka.Serialization;
using Pomegranate.Backend.State;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// What the Replicator hashes to learn whether two nodes hold the same value of a key: for a bucket of sessions its
/// <see cref="SessionBucket.Digest"/>, for any other value its bytes, as by default.
/// </summary>
/// <remarks>
/// The Replicator serialises a changed value whole for this, once per gossip round that asks about it. At a million
/// sessions a bucket is 240 KB, its copies are large objects, and their collections made a request four times as dear
/// (957 us of CPU instead of 250). Only digests are made of this: gossip itself carries values by another way. A node
/// of an earlier build hashes bytes; between the two every bucket looks different, and is sent, until it is replaced.
/// </remarks>
internal sealed class BucketDigestSerializer(ExtendedActorSystem system) : Serializer(system)
{
    private readonly ReplicatorMessageSerializer _others = new(system);

    public override int Identifier => 7105;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj)
    {
        if (obj is not DataEnvelope { Data: SessionBucket bucket })
        {
            return _others.ToBinary(obj);
        }

        var digest = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(digest, bucket.Digest());
        return digest;
    }

    public override object FromBinary(byte[] bytes, Type type) =>
        throw new NotSupportedException("A digest cannot be read back: an envelope is never sent by itself.");
}
