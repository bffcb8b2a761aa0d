using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sharding;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Backends;

/// <summary>
/// The shard coordinator, which is on the oldest backend as this node sees the membership. Modelled on Akka.Cluster.Sharding:
/// its state is read from and written to a majority of the members, whatever the rules.
/// </summary>
internal sealed class Coordinator
{
    private const long Retry = 200 * Span.Millisecond;

    private readonly Process _self;
    private ShardState _stored;
    private ShardState? _active;
    private ShardState? _writing;
    private ulong _answers;
    private ulong _written;
    private ulong _leaving;
    private ulong _newRegions;
    private long _ticket;
    private long _lastTry;
    private bool _isLoading;
    private int _handingOff = -1;
    private int _stopped = -1;
    private long _handingOffSince;
    private long _lastRebalance;

    public Coordinator(Process self)
    {
        _self = self;
        var homes = new int[self.World.Sessions.Count];
        Array.Fill(homes, -1);
        _stored = new ShardState(0, homes, 0);
    }

    /// <summary>Where the coordinator is, as this node sees it; -1 where nobody is.</summary>
    public int Oldest => OldestOf(_self);

    /// <summary>Its stand after each write.</summary>
    public ShardState Stored => _stored;

    public static int OldestOf(Process viewer)
    {
        var best = -1;
        var numbers = viewer.Members.Gossip.UpNumber;
        foreach (var backend in viewer.Members.Backends.All())
        {
            best = best < 0 || numbers[backend] < numbers[best] ? backend : best;
        }

        return best;
    }

    /// <summary>Where a shard belongs, among these: the shipped hash.</summary>
    public static int BestOf(World world, int shard, ulong candidates)
    {
        var (best, score) = (-1, double.NegativeInfinity);
        foreach (var candidate in candidates.All())
        {
            var its = world.ScoreOf(shard, world.Processes[candidate].Host);
            (best, score) = its > score ? (candidate, its) : (best, score);
        }

        return best;
    }

    public void Formed(ShardState state) => _stored = state;

    public void OnMembers()
    {
        var isOldest = Oldest == _self.Id;
        if (!isOldest)
        {
            (_active, _writing, _isLoading) = (null, null, false);
            _handingOff = -1;
        }
        else if (_active is null && !_isLoading)
        {
            _self.World.Count("coordinator moved");
            _self.World.Say(_self, "is the oldest backend, and so has the shard coordinator");
            (_isLoading, _answers) = (true, _self.Bit);
            _ticket++;
            Ask();
        }

        Advance();
    }

    public void OnTick()
    {
        if (_self.Clock.Now - _lastTry > Retry)
        {
            Ask();
            Advance();
        }
    }

    public void OnMessage(Process from, object message)
    {
        switch (message)
        {
            case ReadState read:
                _self.Send(from, new StateRead(read.Ticket, _stored));
                break;
            case WriteState write:
                Keep(write.State);
                _self.Send(from, new StateWritten(write.Ticket));
                break;
            case StateRead read when read.Ticket == _ticket && _isLoading:
                Keep(read.State);
                _answers |= from.Bit;
                Advance();
                break;
            case StateWritten written when written.Ticket == _ticket && _writing is not null:
                _written |= from.Bit;
                Advance();
                break;
            case Register when _active is not null && _self.Members.Backends.Has(from.Id):
                _newRegions |= from.Bit;
                if (_active.Regions.Has(from.Id))
                {
                    _self.Send(from, new Registered());
                }

                Advance();
                break;
            case GetHome get when _active is not null && _active.Home[get.Shard] is var home and >= 0 && IsAlive(home) && _stopped != get.Shard:
                if (_handingOff != get.Shard)
                {
                    _self.Send(from, new HomeIs(get.Shard, home));
                }

                break;
            case WantToLeave when _active is not null:
                _leaving |= from.Bit;
                if (Array.IndexOf(_active.Home, from.Id) < 0 && _writing is null)
                {
                    _self.Send(from, new HasNoShards());
                }

                break;
            case ShardStopped stopped when stopped.Shard == _handingOff:
                _stopped = stopped.Shard;
                Advance();
                break;
        }
    }

    private bool IsAlive(int process) => _self.Members.Backends.Has(process) && !_self.Members.Proved.Has(process);

    private void Keep(ShardState state) => _stored = state.Version > _stored.Version ? state : _stored;

    private bool IsMajority(ulong answers)
    {
        var members = _self.Members.Backends;
        return (answers & members).Count() >= Quorum.Majority(members.Count());
    }

    private void Ask()
    {
        _lastTry = _self.Clock.Now;
        foreach (var other in (_self.Members.Backends & ~_self.Bit).All())
        {
            if (_isLoading && !_answers.Has(other))
            {
                _self.Send(other, new ReadState(_ticket));
            }
            else if (_writing is not null && !_written.Has(other))
            {
                _self.Send(other, new WriteState(_ticket, _writing));
            }
        }

        if (_handingOff >= 0 && _stopped != _handingOff && _active is not null && _active.Home[_handingOff] is var home and >= 0)
        {
            _self.Send(home, new HandOff(_handingOff));
        }
    }

    private void Advance()
    {
        if (_isLoading && IsMajority(_answers))
        {
            (_isLoading, _active) = (false, _stored);
        }

        if (_active is null)
        {
            return;
        }

        if (_writing is not null)
        {
            if (!IsMajority(_written))
            {
                return;
            }

            Written(_active, _writing);
        }

        Plan();
    }

    private void Written(ShardState before, ShardState now)
    {
        (_active, _writing) = (now, null);
        for (var shard = 0; shard < now.Home.Length; shard++)
        {
            if (now.Home[shard] != before.Home[shard] || shard == _stopped)
            {
                _self.World.Say(_self, shard, $"as coordinator gives it to {_self.World.Processes[now.Home[shard]].Name}");
                _self.Send(now.Home[shard], new HostShard(shard));
                if (shard == _handingOff)
                {
                    _handingOff = _stopped = -1;
                }
            }
        }
    }

    /// <summary>The next state, if it differs: regions that have registered or gone, shards whose home has gone or stopped.</summary>
    private void Plan()
    {
        var state = _active!;
        var regions = state.Regions | _newRegions;
        foreach (var region in regions.All())
        {
            if (!IsAlive(region))
            {
                regions &= ~Bits.Of(region);
            }
        }

        var candidates = regions & ~_leaving & _self.Members.Gossip.Up & ~_self.Members.Suspects;
        int[]? homes = null;
        for (var shard = 0; shard < state.Home.Length && candidates != 0; shard++)
        {
            var home = state.Home[shard];
            if (home < 0 || !IsAlive(home) || shard == _stopped)
            {
                homes ??= (int[])state.Home.Clone();
                homes[shard] = BestOf(_self.World, shard, candidates);
            }
        }

        if (homes is not null || regions != state.Regions)
        {
            _writing = new ShardState(Math.Max(state.Version, _stored.Version) + 1, homes ?? state.Home, regions);
            _ticket++;
            _written = _self.Bit;
            Keep(_writing);
            Ask();
            if (IsMajority(_written))
            {
                Written(state, _writing);
            }

            return;
        }

        Rebalance(state, candidates);
    }

    private void Rebalance(ShardState state, ulong candidates)
    {
        var now = _self.Clock.Now;
        if (_handingOff >= 0 && now - _handingOffSince > 20 * Span.Second)
        {
            _handingOff = -1;
        }

        var isCalm = _self.Members.Gossip.AnyUnreachable == 0;
        if (_handingOff >= 0 || candidates == 0 || (_leaving == 0 && (!isCalm || now - _lastRebalance < 2 * Span.Second)))
        {
            return;
        }

        _lastRebalance = now;
        for (var shard = 0; shard < state.Home.Length; shard++)
        {
            var isOnItsWay = _leaving.Has(state.Home[shard]);
            if (isOnItsWay || (isCalm && BestOf(_self.World, shard, candidates) != state.Home[shard]))
            {
                (_handingOff, _stopped, _handingOffSince) = (shard, -1, now);
                Ask();
                return;
            }
        }
    }
}
