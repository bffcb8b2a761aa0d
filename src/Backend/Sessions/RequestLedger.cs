using Akka.Actor;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// Which request ids this home has seen, so that none runs twice: in flight (whoever asks again is answered with the
/// others) or answered (the answer is repeated while it is kept). Not thread-safe: the actor's own.
/// </summary>
internal sealed class RequestLedger(KeptAnswers kept)
{
    /// <summary>
    /// Ids remembered after their answer. One is not enough: copies of a request that wait in a buffer during a
    /// failover arrive among newer requests, and ran twice in the prototype.
    /// </summary>
    private const int RememberedIds = 256;

    private readonly Dictionary<RequestId, Item> _items = [];
    private readonly Queue<RequestId> _answered = [];

    /// <summary>What became of the id: null where it is new, and then it is in flight from now on.</summary>
    public Item? Begin(RequestId id, IActorRef replyTo)
    {
        if (_items.TryGetValue(id, out var known))
        {
            return known;
        }

        _items.Add(id, new Item(replyTo));
        return null;
    }

    public Item? Find(RequestId id) => _items.GetValueOrDefault(id);

    /// <summary>Whom to tell the id's answer: nobody where it has one.</summary>
    public Askers End(RequestReply reply)
    {
        if (!_items.TryGetValue(reply.RequestId, out var item) || item.IsAnswered)
        {
            return default;
        }

        var askers = item.End(reply);
        _answered.Enqueue(reply.RequestId);
        if (_answered.Count > RememberedIds && _items.Remove(_answered.Dequeue(), out var oldest))
        {
            oldest.ForgetReply();
        }

        kept.Keep(reply.RequestId.Frontend, item);
        return askers;
    }

    /// <summary>The id goes elsewhere unanswered: this home has never seen it. Whom to tell.</summary>
    public Askers Forget(RequestId id) => _items.Remove(id, out var item) ? item.Leave() : default;

    /// <summary>The home stops: whoever asks again asks the next one, so nothing is kept for them here.</summary>
    public void Close()
    {
        foreach (var item in _items.Values)
        {
            item.ForgetReply();
        }
    }

    /// <summary>Those who wait for one answer: nearly always one.</summary>
    internal readonly record struct Askers(IActorRef? First, List<IActorRef>? Others)
    {
        public void Tell(RequestReply reply)
        {
            First?.Tell(reply);
            Others?.ForEach(asker => asker.Tell(reply));
        }
    }

    /// <summary>One id. Its answer may be forgotten by another thread (<see cref="KeptAnswers"/>); all else is the actor's.</summary>
    internal sealed class Item(IActorRef first)
    {
        private Askers _askers = new(first, null);
        private volatile RequestReply? _reply;

        public bool IsAnswered { get; private set; }

        /// <summary>The length of the answer's body.</summary>
        public int BodyBytes { get; private set; }

        /// <summary>When its answer began to leave by a stream; the reply is for whoever asks much later.</summary>
        public long? StreamedAt { get; set; }

        /// <summary>Cancels the request while it runs.</summary>
        public CancellationTokenSource? Cancellation { get; set; }

        /// <summary>One more waits for the answer; once for each, however often it asks.</summary>
        public void Add(IActorRef asker)
        {
            if (!IsAnswered && !asker.Equals(_askers.First) && _askers.Others?.Contains(asker) != true)
            {
                _askers = _askers with { Others = [.. _askers.Others ?? [], asker] };
            }
        }

        /// <summary>The answer of an id that has one; that it is kept no more where it is not.</summary>
        public RequestReply ReplyTo(RequestId id, string node) => _reply ?? new RequestReply(
            id, ReplyKind.Refused, node, Status: 503,
            Reason: "The request has run and its answer is no longer kept. It was not run again.");

        public Askers End(RequestReply reply)
        {
            IsAnswered = true;
            _reply = reply;
            BodyBytes = reply.Response?.Body.Length ?? 0;
            return Leave();
        }

        public Askers Leave()
        {
            var askers = _askers;
            _askers = default;
            Cancellation?.Dispose();
            Cancellation = null;
            return askers;
        }

        public void ForgetReply() => _reply = null;
    }
}
