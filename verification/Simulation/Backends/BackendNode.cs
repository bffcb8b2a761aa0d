using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using static Pomegranate.Gateway.GatewayProtocol;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Backends;

/// <summary>A backend: its replica, its shards and their sessions' homes, and the shard coordinator while it is the oldest.</summary>
internal sealed class BackendNode
{
    private readonly Process _self;
    private readonly Home?[] _homes;
    private readonly bool[] _hosts;
    private Writes? _writes;
    private Reads? _reads;
    private long _lastRepair;
    private long _lastRegister;
    private bool _isRegistered;
    private bool _isLeaving;
    private bool _hasNoShards;
    private bool _hasLeft;

    public BackendNode(Process self)
    {
        _self = self;
        Replica = new Replica(self);
        _homes = new Home?[self.World.Sessions.Count];
        _hosts = new bool[self.World.Sessions.Count];
        Coordinator = new Coordinator(self);
    }

    public Replica Replica { get; }

    public Coordinator Coordinator { get; }

    public Writes Writes => _writes ??= new Writes(_self);

    public Reads Reads => _reads ??= new Reads(_self);

    /// <summary>Asks a peer for all it holds; the rules are told once it is merged.</summary>
    public void AskForCopy(int from, long view) => _self.Send(from, new CopyAsk(view));

    public void Formed(int shard) => _hosts[shard] = true;

    public void IsRegisteredAlready() => _isRegistered = true;

    public bool IsLeaving => _isLeaving;

    /// <summary>Told to stop: the shards go first.</summary>
    public void Leave() => _isLeaving = true;

    public void OnRules()
    {
        Writes.OnRules();
        Reads.OnRules();
        foreach (var home in _homes)
        {
            home?.OnLease();
        }
    }

    public void OnMembers() => Coordinator.OnMembers();

    public void OnTick()
    {
        Writes.OnTick();
        Reads.OnTick();
        foreach (var home in _homes)
        {
            home?.OnLease();
        }

        Coordinator.OnTick();
        var now = _self.Clock.Now;
        var oldest = Coordinator.Oldest;
        if (oldest >= 0 && now - _lastRegister > 300 * Span.Millisecond)
        {
            _lastRegister = now;
            if (_isLeaving && !_hasNoShards)
            {
                _self.Send(oldest, new WantToLeave());
            }
            else if (_self.Rules.IsComplete && !_isRegistered)
            {
                _self.Send(oldest, new Register());
            }
        }

        if (_hasNoShards && !_hasLeft && _self.Rules.MayLeave())
        {
            _hasLeft = true;
            _self.Members.MarkLeaving();
        }

        if (_isLeaving && !_self.Members.IsMember && !_hasLeft)
        {
            _hasLeft = true;
            _self.EndSoon("it was told to stop before it was a member");
        }

        if (_self.World.Plan.Gossips && now - _lastRepair > Span.Second)
        {
            Repair(now);
        }
    }

    public void OnMessage(Process from, object message)
    {
        switch (message)
        {
            case Store store:
                Writes.OnStore(from, store);
                break;
            case Stored stored:
                Writes.OnStored(from, stored);
                break;
            case Fetch fetch:
                Reads.OnFetch(from, fetch);
                break;
            case Fetched fetched:
                Reads.OnFetched(from, fetched);
                break;
            case CopyAsk ask when _self.Rules.GivesCopy(from.Id, ask.View):
                _self.Send(from, new Copied(ask.View, Replica.Bucket));
                break;
            case Copied copied:
                Replica.Merge(copied.Bucket);
                _self.Rules.OnCopied(from.Id, copied.View);
                break;
            case Messages.Repair repair:
                Replica.Merge(repair.Bucket);
                break;
            case Run run:
                OnRun(from, run);
                break;
            case Find find when Hosts(find.Request.Session):
                HomeOf(find.Request.Session).OnFind(from, find);
                break;
            case Find find:
                _self.Send(from, new Reply(find.Request.Id, ReplyKind.Undelivered, null, 0, null));
                break;
            case Home.Ran ran:
                _homes[ran.Session]?.OnRan(ran);
                break;
            case Registered:
                _isRegistered = true;
                break;
            case HostShard host when IsFromMember(from):
                Host(host.Shard);
                break;
            case HomeIs home when IsFromMember(from) && home.Process == _self.Id:
                Host(home.Shard);
                break;
            case HandOff handOff when IsFromMember(from):
                OnHandOff(from, handOff.Shard);
                break;
            case HasNoShards when _isLeaving:
                _hasNoShards = true;
                break;
            default:
                Coordinator.OnMessage(from, message);
                break;
        }
    }

    /// <summary>As <c>TakenHomes</c>: another backend is home of a session that is at home here.</summary>
    public void OnWrittenElsewhere(SessionId id, SessionVersion version)
    {
        var session = SessionTable.NumberOf(id);
        if (_self.World.HasClaims && _homes[session]?.OnTaken(version) == true)
        {
            // The coordinator is asked anew by whoever comes next.
            _hosts[session] = false;
            LeaveIfStopping(session);
        }
    }

    /// <summary>Takes itself for a shard's home, whoever the coordinator thinks it is.</summary>
    public void TakeForItsOwn(int shard) => _hosts[shard] = !_isLeaving && _self.Rules.IsComplete;

    /// <summary>Called by a home that has nothing to do.</summary>
    public void LeaveIfStopping(int session)
    {
        if (_homes[session] is { IsStopping: true, IsIdle: true })
        {
            _homes[session] = null;
            if (!_hosts[session])
            {
                Stopped(session);
            }
        }
    }

    private bool Hosts(int session) => _hosts[session] || _homes[session] is { IsStopping: true };

    private bool IsFromMember(Process from) => from == _self || _self.Members.Present.Has(from.Id) || _self.Members.Gossip.Exiting.Has(from.Id);

    private Home HomeOf(int session) => _homes[session] ??= new Home(_self, session);

    private void OnRun(Process from, Run run)
    {
        var session = run.Request.Session;
        if (Hosts(session))
        {
            HomeOf(session).OnRun(from, run);
            return;
        }

        _self.Send(from, new Reply(run.Request.Id, ReplyKind.Undelivered, null, 0, null));
        if (Coordinator.Oldest is var oldest and >= 0)
        {
            _self.Send(oldest, new GetHome(session));
        }
    }

    private void Host(int shard)
    {
        if (!_hosts[shard] && !_isLeaving)
        {
            _hosts[shard] = true;
            _self.World.Say(_self, shard, "becomes its home");
        }
    }

    private void OnHandOff(Process from, int shard)
    {
        if (_hosts[shard])
        {
            _self.World.Count("shard handed off");
            _self.World.Say(_self, shard, "hands it off");
        }

        _hosts[shard] = false;
        if (_homes[shard] is { } home)
        {
            home.IsStopping = true;
            LeaveIfStopping(shard);
        }
        else
        {
            _self.Send(from, new ShardStopped(shard));
        }
    }

    private void Stopped(int shard)
    {
        if (Coordinator.Oldest is var oldest and >= 0)
        {
            _self.Send(oldest, new ShardStopped(shard));
        }
    }

    private void Repair(long now)
    {
        _lastRepair = now;
        var others = _self.Members.Backends & ~_self.Members.Suspects & ~_self.Bit;
        var skip = others == 0 ? -1 : _self.Chance.Below(others.Count());
        foreach (var other in others.All())
        {
            if (skip-- == 0)
            {
                _self.Send(other, new Messages.Repair(Replica.Bucket));
            }
        }
    }
}
