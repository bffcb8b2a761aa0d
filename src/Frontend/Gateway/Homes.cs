using Akka.Actor;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// Which node is home to a shard, as its answers tell, and what waits to be sent there. What is not known here goes
/// through the shard region proxy, one message at a time; what is known wrongly is put right by the node that gets it.
/// Not thread-safe: the router's own.
/// </summary>
internal sealed class Homes(SessionSharding sharding)
{
    private readonly Dictionary<string, Home> _byShard = [];
    private readonly Dictionary<Address, Home> _byNode = [];

    /// <summary>Where the session's messages can be put together with others; null where that is not known.</summary>
    public Home? Of(SessionId session) => _byShard.TryGetValue(sharding.ShardOf(session), out var home) && home.Inlet is not null ? home : null;

    /// <summary>An answer of this session has come from a node.</summary>
    /// <returns>The node, if it is to be asked for its inlet: it may have none, being of an earlier build.</returns>
    public Home? Learn(SessionId session, Address node)
    {
        var isNew = !_byNode.TryGetValue(node, out var home);
        if (isNew)
        {
            _byNode.Add(node, home = new Home(node));
        }

        if (!home!.IsLeaving)
        {
            _byShard[sharding.ShardOf(session)] = home;
        }

        return isNew ? home : null;
    }

    public void Found(Address node, IActorRef? inlet)
    {
        if (_byNode.TryGetValue(node, out var home))
        {
            home.Inlet = inlet;
        }
    }

    public void Forget(SessionId session) => _byShard.Remove(sharding.ShardOf(session));

    /// <summary>The node gives its shards away: the proxy hears of each before this does.</summary>
    public void Leaving(Address node)
    {
        if (!_byNode.TryGetValue(node, out var home))
        {
            _byNode.Add(node, home = new Home(node));
        }

        home.IsLeaving = true;
        ForgetShardsOf(home);
    }

    public void Gone(Address node)
    {
        if (_byNode.Remove(node, out var home))
        {
            ForgetShardsOf(home);
        }
    }

    private void ForgetShardsOf(Home home)
    {
        foreach (var shard in _byShard.Where(known => known.Value == home).Select(known => known.Key).ToList())
        {
            _byShard.Remove(shard);
        }
    }

    /// <summary>A backend.</summary>
    internal sealed class Home(Address node)
    {
        public Address Node { get; } = node;

        /// <summary>Its actor that takes many messages at once; null until it has said so.</summary>
        public IActorRef? Inlet { get; set; }

        public bool IsLeaving { get; set; }

        public List<ISessionMessage> Waiting { get; } = [];
    }
}
