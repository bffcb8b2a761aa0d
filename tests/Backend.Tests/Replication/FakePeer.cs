using System.Threading.Channels;
using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Sessions;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>Another backend over real remoting, whose replica does only what the test tells it.</summary>
internal sealed class FakePeer : IDisposable
{
    private readonly BackendSystem _node = BackendSystem.Start();
    private readonly Channel<(object Message, IActorRef Sender)> _inbox = Channel.CreateUnbounded<(object, IActorRef)>();
    private readonly List<(object Message, IActorRef Sender)> _kept = [];
    private readonly IActorRef _replica;
    private long _lastTicket;

    public FakePeer() => _replica = _node.System.ActorOf(Props.Create(() => new Inbox(_inbox.Writer)), SessionReplica.Name);

    public UniqueAddress Address => _node.Address;

    /// <summary>Waits for the next message of this kind from the replica; others are kept for later.</summary>
    public async Task<T> NextAsync<T>(TestedReplica from, Func<T, bool>? matches = null)
    {
        bool IsExpected((object Message, IActorRef Sender) received) =>
            received.Sender.Path.Name == from.Ref.Path.Name && received.Message is T message && matches?.Invoke(message) != false;

        var kept = _kept.FindIndex(IsExpected);
        if (kept >= 0)
        {
            var (found, _) = _kept[kept];
            _kept.RemoveAt(kept);
            return (T)found;
        }

        while (true)
        {
            var received = await _inbox.Reader.ReadAsync().AsTask()
                .For($"a {typeof(T).Name} from the replica; received and not expected: {string.Join(", ", _kept.Select(k => k.Message.GetType().Name))}");
            if (IsExpected(received))
            {
                return (T)received.Message;
            }

            _kept.Add(received);
        }
    }

    public void Tell(TestedReplica to, object message) =>
        _node.System.ActorSelection(to.Address / "user" / to.Ref.Path.Name).Tell(message, _replica);

    /// <summary>Acknowledges the next write.</summary>
    public async Task<Store> AcknowledgeAsync(TestedReplica replica)
    {
        var store = await NextAsync<Store>(replica, store => store.View == replica.View.Number);
        Tell(replica, new Stored(store.Ticket, store.View));
        return store;
    }

    /// <summary>
    /// Asks the replica what it holds. The answer also shows that the replica has dealt with all that this peer told it
    /// before, and with its own part of all it had told this peer.
    /// </summary>
    public async Task<Fetched> FetchAsync(TestedReplica replica, SessionId id)
    {
        var ticket = --_lastTicket;
        Tell(replica, new Fetch(ticket, id, replica.View.Number));
        return await NextAsync<Fetched>(replica, fetched => fetched.Ticket == ticket);
    }

    /// <summary>Takes all messages of this kind that the replica had sent before it answers now.</summary>
    public async Task<List<T>> DrainAsync<T>(TestedReplica replica)
    {
        await FetchAsync(replica, default);
        var found = _kept.Where(k => k.Sender.Path.Name == replica.Ref.Path.Name).Select(k => k.Message).OfType<T>().ToList();
        _kept.RemoveAll(k => k.Message is T);
        return found;
    }

    public void Dispose() => _node.Dispose();

    private sealed class Inbox : ReceiveActor
    {
        public Inbox(ChannelWriter<(object Message, IActorRef Sender)> inbox) => ReceiveAny(message => inbox.TryWrite((message, Sender)));
    }
}
