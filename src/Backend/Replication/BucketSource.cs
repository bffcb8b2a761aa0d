using Akka.Actor;
using Akka.DistributedData;
using Pomegranate.Backend.State;
using static Pomegranate.Backend.Replication.ReplicationProtocol;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// Lets other backends copy this node's buckets, a bounded page at a time. It keeps no state between requests but the
/// digests being gathered: the copying side says where it goes on.
/// </summary>
internal sealed class BucketSource : ReceiveActor
{
    /// <summary>The actor's name under <c>/user</c>; the same on every backend.</summary>
    public const string Name = "bucket-source";

    /// <summary>A page is cut at this size: 30 of them fit a frame, and heartbeats pass between them.</summary>
    private const int PageBytes = 256 * 1024;

    private readonly IActorRef _replicator = DData.DistributedData.Get(Context.System).Replicator;

    /// <param name="view">Null where this node copies from itself.</param>
    public BucketSource(ReplicaView? view = null)
    {
        Receive<ReadDigests>(read =>
        {
            // Before that it may yet acknowledge a write of an earlier view, which the copy would lack. It is asked again.
            if (view is null || read.View <= view.Number)
            {
                _replicator.Tell(Dsl.GetKeyIds, Context.ActorOf(DigestGathering.Props(read.Ticket, Sender, _replicator)));
            }
        });
        Receive<ReadPage>(read => _replicator.Tell(
            Dsl.Get(SessionBuckets.KeyOf(read.Bucket), ReadLocal.Instance, new PageRequest(read, Sender))));
        Receive<IGetResponse>(OnBucket);
    }

    private static void OnBucket(IGetResponse response)
    {
        if (response.Request is not PageRequest(var read, var replyTo))
        {
            return;
        }

        var bucket = response.IsSuccessful ? response.Get((IKey<SessionBucket>)response.Key) : SessionBucket.Empty;
        var (part, isLast) = bucket.Page(read.After, PageBytes);
        replyTo.Tell(new Page(read.Ticket, read.Bucket, part, isLast));
    }

    private sealed record PageRequest(ReadPage Read, IActorRef ReplyTo);

    /// <summary>Reads every bucket this node holds and answers once with all their digests.</summary>
    private sealed class DigestGathering : ReceiveActor
    {
        private readonly List<KeyValuePair<int, ulong>> _digests = [];
        private int _expected;

        public DigestGathering(long ticket, IActorRef replyTo, IActorRef replicator)
        {
            Receive<GetKeysIdsResult>(keys =>
            {
                foreach (var bucket in SessionBuckets.NumbersOf(keys.Keys))
                {
                    _expected++;
                    replicator.Tell(Dsl.Get(SessionBuckets.KeyOf(bucket), ReadLocal.Instance, bucket));
                }

                AnswerWhenAll(ticket, replyTo);
            });
            Receive<IGetResponse>(response =>
            {
                _expected--;
                if (response.IsSuccessful)
                {
                    _digests.Add(new((int)response.Request, response.Get((IKey<SessionBucket>)response.Key).Digest()));
                }

                AnswerWhenAll(ticket, replyTo);
            });
        }

        public static Props Props(long ticket, IActorRef replyTo, IActorRef replicator) =>
            Akka.Actor.Props.Create(() => new DigestGathering(ticket, replyTo, replicator));

        private void AnswerWhenAll(long ticket, IActorRef replyTo)
        {
            if (_expected == 0)
            {
                replyTo.Tell(new Digests(ticket, _digests));
                Context.Stop(Self);
            }
        }
    }
}
