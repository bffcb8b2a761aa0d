using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// Which node is home to a shard, as its answers tell, and the way there. What is not known here goes through the shard
/// region proxy, one message at a time; what is known wrongly is put right by the node that gets it. The router alone
/// changes it, any thread may ask for a lane.
/// </summary>
internal sealed class Homes(SessionSharding sharding)
{
    private readonly Home?[] _byShard = new Home?[sharding.Count];
    private readonly ConcurrentDictionary<Address, Home> _byNode = new();
    private readonly ConcurrentDictionary<int, Address> _nodes = new();

    private long _unsettledUntil = long.MinValue;

    public SessionSharding Sharding => sharding;

    /// <summary>
    /// A timestamp. Until then a backend that has just died may still be taken for a home, by another node or by this one:
    /// what must not be sent twice is sent nowhere before a home has answered.
    /// </summary>
    public long UnsettledUntil
    {
        get => Volatile.Read(ref _unsettledUntil);
        set => Volatile.Write(ref _unsettledUntil, value);
    }

    /// <summary>Requests that wait for their answer on a lane.</summary>
    public int OnLanes => _byNode.Values.Sum(home => home.Lane?.Count ?? 0);

    public IEnumerable<HomeLane> Lanes => _byNode.Values.Select(home => home.Lane).OfType<HomeLane>();

    /// <summary>The session's home; null where that is not known.</summary>
    public Home? Of(SessionId session) => Volatile.Read(ref _byShard[sharding.NumberOf(session)]);

    /// <summary>The backend of this incarnation; null where there is none (any more).</summary>
    public Address? NodeOf(int incarnation) => _nodes.GetValueOrDefault(incarnation);

    public void NodeUp(UniqueAddress node) => _nodes[node.Uid] = node.Address;

    public void NodeGone(UniqueAddress node) => _nodes.TryRemove(node.Uid, out _);

    /// <summary>What is known of a backend, from now on if nothing was.</summary>
    public Home Meet(Address node) => _byNode.GetOrAdd(node, static node => new Home(node));

    public Home? Find(Address node) => _byNode.GetValueOrDefault(node);

    /// <summary>An answer of this session has come from a node.</summary>
    /// <returns>The node, if it is new here: the ways to it are to be found.</returns>
    public Home? Learn(SessionId session, Address node)
    {
        var isNew = !_byNode.TryGetValue(node, out var home);
        if (isNew)
        {
            _byNode[node] = home = new Home(node);
        }

        if (!home!.IsLeaving)
        {
            Volatile.Write(ref _byShard[sharding.NumberOf(session)], home);
        }

        return isNew ? home : null;
    }

    public void Forget(SessionId session) => Volatile.Write(ref _byShard[sharding.NumberOf(session)], null);

    /// <summary>The node gives its shards away: the proxy hears of each before this does.</summary>
    public void Leaving(Address node)
    {
        var home = Meet(node);
        home.IsLeaving = true;
        ForgetShardsOf(home);
    }

    /// <returns>What it was, if it was known.</returns>
    public Home? Gone(Address node)
    {
        if (_byNode.TryRemove(node, out var home))
        {
            ForgetShardsOf(home);
        }

        return home;
    }

    private void ForgetShardsOf(Home home)
    {
        for (var shard = 0; shard < _byShard.Length; shard++)
        {
            if (_byShard[shard] == home)
            {
                Volatile.Write(ref _byShard[shard], null);
            }
        }
    }

    /// <summary>A backend.</summary>
    internal sealed class Home(Address node)
    {
        private volatile HomeLane? _lane;

        public Address Node { get; } = node;

        /// <summary>The lane there; null until it is open, and on nodes of an earlier build.</summary>
        public HomeLane? Lane
        {
            get => _lane;
            set => _lane = value;
        }

        /// <summary>Its actor that takes many messages at once; null until it has said so.</summary>
        public IActorRef? Inlet { get; set; }

        public bool IsLeaving { get; set; }

        /// <summary>What waits for the inlet.</summary>
        public List<ISessionMessage> Waiting { get; } = [];
    }
}
