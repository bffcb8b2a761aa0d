using Akka.Actor;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// Which request ids this home has seen, so that none runs twice: in flight (whoever asks again is answered with the
/// others) or answered (the answer is repeated while it is kept). Not thread-safe: the actor's own.
/// </summary>
internal sealed class RequestLedger
{
    /// <summary>
    /// Ids remembered after their answer. One is not enough: copies of a request that wait in a buffer during a
    /// failover arrive among newer requests, and ran twice in the prototype.
    /// </summary>
    private const int RememberedIds = 256;

    /// <summary>Bytes of the answers kept for repetition; of older ones only the id is left.</summary>
    private const int RememberedBytes = 256 * 1024;

    private readonly Dictionary<RequestId, Item> _items = [];
    private readonly Queue<RequestId> _answered = [];
    private readonly Queue<Item> _kept = [];
    private int _keptBytes;

    /// <summary>What became of the id: null where it is new, and then it is in flight from now on.</summary>
    public Item? Begin(RequestId id, IActorRef replyTo)
    {
        if (_items.TryGetValue(id, out var known))
        {
            return known;
        }

        var item = new Item();
        item.ReplyTo.Add(replyTo);
        _items.Add(id, item);
        return null;
    }

    public Item? Find(RequestId id) => _items.GetValueOrDefault(id);

    /// <summary>The id's answer: whom to tell it.</summary>
    public IEnumerable<IActorRef> End(RequestReply reply)
    {
        if (!_items.TryGetValue(reply.RequestId, out var item) || item.Reply is not null)
        {
            return [];
        }

        item.Reply = reply;
        item.Cancellation?.Dispose();
        item.Cancellation = null;
        Remember(reply.RequestId, item);
        return item.ReplyTo;
    }

    private void Remember(RequestId id, Item item)
    {
        _answered.Enqueue(id);
        if (_answered.Count > RememberedIds)
        {
            _items.Remove(_answered.Dequeue());
        }

        // An answer goes with its id: answers without a body would never reach the limit in bytes.
        _kept.Enqueue(item);
        _keptBytes += item.Reply!.Response?.Body.Length ?? 0;
        while ((_keptBytes > RememberedBytes || _kept.Count > RememberedIds) && _kept.TryDequeue(out var oldest))
        {
            _keptBytes -= oldest.Reply!.Response?.Body.Length ?? 0;
            oldest.Reply = oldest.Reply with
            {
                Kind = ReplyKind.Refused,
                Response = null,
                Status = 503,
                Reason = "The request has run and its answer is no longer kept. It was not run again.",
            };
        }
    }

    /// <summary>One id.</summary>
    internal sealed class Item
    {
        /// <summary>Who asked; distinct.</summary>
        public HashSet<IActorRef> ReplyTo { get; } = [];

        /// <summary>The answer, once there is one.</summary>
        public RequestReply? Reply { get; set; }

        /// <summary>When its answer began to leave by a stream; the reply is for whoever asks much later.</summary>
        public long? StreamedAt { get; set; }

        /// <summary>Cancels the request while it runs.</summary>
        public CancellationTokenSource? Cancellation { get; set; }
    }
}
