using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Simulation.Backends;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Frontends;
using Pomegranate.Simulation.Rules;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Cluster;

/// <summary>One incarnation of a node.</summary>
internal sealed class Process
{
    public const long TickEvery = 100 * Span.Millisecond;

    private bool _isEnding;

    public Process(World world, int id, int host, int incarnation, long offset)
    {
        World = world;
        (Id, Host, Incarnation) = (id, host, incarnation);
        Name = incarnation == 1 ? world.Plan.Names[host] : $"{world.Plan.Names[host]}#{incarnation}";
        Clock = new NodeClock(() => world.Now, offset, world.Plan.Rates[host]);
        Chance = new Rng(Rng.Mix(world.Plan.Seed, 10_000 + (ulong)((host * 100) + incarnation)));
        Address = new UniqueAddress(new Address("akka.tcp", "pomegranate", world.Plan.Names[host], 4053 + host), 1000 + id);
        Members = new Membership(this);
        IsBackend = world.Plan.IsBackend(host);
        if (IsBackend)
        {
            Backend = new BackendNode(this);
        }
        else if (world.Plan.IsFrontend(host))
        {
            Gateway = new FrontendNode(this);
        }

        Rules = world.MakeRules(this);
    }

    public World World { get; }

    public int Id { get; }

    public int Host { get; }

    public int Incarnation { get; }

    public string Name { get; }

    public UniqueAddress Address { get; }

    public NodeClock Clock { get; }

    public Rng Chance { get; }

    public Membership Members { get; }

    public bool IsBackend { get; }

    public BackendNode? Backend { get; }

    public FrontendNode? Gateway { get; }

    public NodeRules Rules { get; }

    /// <summary>It was told to stop, and when it left there was no other backend that held anything.</summary>
    public bool LeftAlone { get; set; }

    public bool IsGone { get; private set; }

    /// <summary>Whether whoever reaches the machine can prove that the process has ended.</summary>
    public bool IsProvable { get; set; }

    /// <summary>A fault ended it, not a decision.</summary>
    public bool IsKilled { get; set; }

    /// <summary>It does nothing before that; 0 where it runs.</summary>
    public long HangsUntil { get; set; }

    public ulong Bit => Bits.Of(Id);

    public void Send(int to, object message) => Send(World.Processes[to], message);

    public void Send(Process to, object message)
    {
        if (to == this)
        {
            World.Deliver(10, this, this, message);
        }
        else
        {
            World.Network.Send(this, to, message, World);
        }
    }

    /// <summary>A message of its own, so much later by its own clock.</summary>
    public void Later(long span, object message) => World.Deliver(Clock.Real(span), this, this, message);

    public void Start() => World.Deliver(Chance.Between(0, TickEvery), this, this, Tick.Instance);

    public void Receive(Process from, object message)
    {
        // Requests, answers and writes go by connections of their own, which a cut does not end.
        if (Members.Gossip.Removed.Has(from.Id) && from != this && message is not (YouAreRemoved or Store or Stored or Run or Find or Reply))
        {
            // Remoting quarantines whom the cluster has removed: it hears nothing more from here, but why.
            Send(from, new YouAreRemoved());
            return;
        }

        switch (message)
        {
            case Tick:
                Later(TickEvery, Tick.Instance);
                Members.OnTick();
                Rules.OnTick();
                Backend?.OnTick();
                Gateway?.OnTick();
                break;
            case EndNow:
                World.End(this, isProvable: true, World.RestartDelay(Host), "ends by itself");
                break;
            case DeathProven proven:
                Members.Prove(proven.Process);
                break;
            case GossipTo or MayJoin or YouMayJoin or Join or YouAreRemoved or CensusOf:
                Members.OnMessage(from, message);
                break;
            case Clients.Taken taken:
                taken.Run();
                break;
            case IRulesMessage:
                Rules.OnMessage(from, message);
                break;
            default:
                Backend?.OnMessage(from, message);
                Gateway?.OnMessage(from, message);
                break;
        }
    }

    /// <summary>The membership as this node sees it has changed.</summary>
    public void MembersChanged()
    {
        Rules.OnMembers();
        Backend?.OnMembers();
        Gateway?.OnMembers();
    }

    public void Proven(Process dead)
    {
        Rules.OnProven(dead);
        Backend?.OnMembers();
        Gateway?.OnGone(dead);
    }

    /// <summary>Exit code 75, after a moment for the last words.</summary>
    public void EndSoon(string why)
    {
        if (!_isEnding)
        {
            _isEnding = true;
            World.Say(this, $"ends: {why}");
            Later(Chance.Between(20 * Span.Millisecond, 200 * Span.Millisecond), new EndNow());
        }
    }

    public void Gone() => IsGone = true;
}
