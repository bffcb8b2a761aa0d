using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Replication;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.Sessions;

public sealed class ExpirySweepTests : IDisposable
{
    private const int Shards = 2;

    private static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    private readonly BackendSystem _node = BackendSystem.Start();
    private readonly TestHome _home = new();
    private readonly SessionSharding _sharding = new(Shards);
    private readonly TestedReplica _replica;
    private readonly TestKit _kit;
    private readonly TestProbe _region;

    public ExpirySweepTests()
    {
        _kit = new TestKit(_node.System);
        _region = _kit.CreateTestProbe();
        _replica = new TestedReplica(_node);
        _replica.Members([]);
        _home.Options.SweepInterval = TimeSpan.FromMilliseconds(20);
    }

    private TimeSpan IdleTimeout => _home.Options.IdleTimeout;

    [Fact]
    public async Task Sweep_AsksTheIdleSessionsOfThisHomeAlone()
    {
        var idle = await HoldAsync(shard: 0);
        var elsewhere = await HoldAsync(shard: 1);
        _home.Time.Advance(IdleTimeout + TimeSpan.FromMilliseconds(1));
        var used = await HoldAsync(shard: 0);
        var removed = await HoldAsync(shard: 0, SessionEntry.Removed(new(1, 1, 1), _home.Now - (long)IdleTimeout.TotalMilliseconds - 1));
        StartSweep();

        Assert.Equal([idle], await SweepAsync());
        Assert.DoesNotContain(await SweepAsync(), id => id == elsewhere || id == used || id == removed);
    }

    [Fact]
    public async Task Sweep_ExactlyTheIdleTimeout_NotYet()
    {
        await HoldAsync(shard: 0);
        _home.Time.Advance(IdleTimeout);
        StartSweep();
        Assert.Empty(await SweepAsync());

        _home.Time.Advance(TimeSpan.FromMilliseconds(1));
        await SweepAsync();
        Assert.Single(await SweepAsync());
    }

    [Fact]
    public async Task Sweep_ShardMovesHere_ItsSessionsAreAskedFromThenOn()
    {
        var session = await HoldAsync(shard: 1);
        _home.Time.Advance(IdleTimeout * 2);
        StartSweep();
        Assert.Empty(await SweepAsync(0));

        Assert.Equal([session], await SweepAsync(0, 1));
    }

    [Fact]
    public async Task Sweep_CountsTheLiveSessionsOfTheWholeReplica()
    {
        await HoldAsync(shard: 0);
        await HoldAsync(shard: 1);
        await HoldAsync(shard: 1, SessionEntry.Removed(new(1, 1, 1), _home.Now));
        StartSweep();
        await SweepAsync();

        Assert.Equal(2, _home.Replica.Client.LiveSessions);
    }

    [Fact]
    public async Task Sweep_RemovalOlderThanTheGrace_IsForgotten()
    {
        var removed = await HoldAsync(shard: 0, SessionEntry.Removed(new(1, 1, 1), _home.Now));
        _home.Time.Advance(Grace - TimeSpan.FromMilliseconds(1));
        StartSweep();
        await SweepAsync();
        Assert.NotNull(await FindAsync(removed));

        _home.Time.Advance(TimeSpan.FromMilliseconds(1));
        await SweepAsync();
        await SweepAsync();

        Assert.Null(await FindAsync(removed));
    }

    [Fact]
    public async Task Sweep_ForgottenRemoval_ALateCopyOfTheSessionDoesNotComeBack()
    {
        var removed = await HoldAsync(shard: 0, SessionEntry.Removed(new(1, 2, 1), _home.Now));
        var late = Live(_home.Now - 1);
        _home.Time.Advance(Grace);
        StartSweep();
        await SweepAsync();

        await _replica.CommitAsync(removed, late).For("the late copy to arrive");

        Assert.Null(await FindAsync(removed));
    }

    public void Dispose()
    {
        _replica.Dispose();
        _node.Dispose();
        _home.Dispose();
    }

    private void StartSweep() => _node.System.ActorOf(ExpirySweep.Props(_home.Services, _region, _sharding, Grace));

    /// <summary>One whole sweep, with these shards here: the sessions it asks to expire.</summary>
    private async Task<List<SessionId>> SweepAsync(params int[] shards)
    {
        var sweep = await NextSweepBeginsAsync();
        sweep.Tell(new CurrentShardRegionState(
            (shards is [] ? [0] : shards).Select(shard => new ShardState($"{shard}", ImmutableHashSet<string>.Empty)).ToImmutableHashSet(),
            ImmutableHashSet<string>.Empty));

        // The next one begins when this one has ended; it stays unanswered until the test wants it.
        var asked = new List<SessionId>();
        while (true)
        {
            switch (await _region.ReceiveOneAsync(Deadline.Default))
            {
                case SessionActor.ExpireIfIdle expire:
                    asked.Add(expire.SessionId);
                    break;
                case GetShardRegionState:
                    _begun = _region.LastSender;
                    return asked;
                case var other:
                    Assert.Fail($"Waiting for the sweep to end; received {other ?? "nothing"}.");
                    break;
            }
        }
    }

    private IActorRef? _begun;

    /// <summary>The sweep that has asked which shards are here.</summary>
    private async Task<IActorRef> NextSweepBeginsAsync()
    {
        if (_begun is { } begun)
        {
            _begun = null;
            return begun;
        }

        await _region.ExpectMsgAsync<GetShardRegionState>(Deadline.Default, "Waiting for the next sweep to begin.");
        return _region.LastSender;
    }

    private async Task<SessionEntry?> FindAsync(SessionId id) => await _replica.RecoverAsync(id).For("the replica to be read");

    private async Task<SessionId> HoldAsync(int shard, SessionEntry? entry = null)
    {
        var id = SessionId.NewRandom();
        while (_sharding.ShardOf(id) != $"{shard}")
        {
            id = SessionId.NewRandom();
        }

        await _replica.CommitAsync(id, entry ?? Live(_home.Now)).For("the replica to hold the session");
        return id;
    }

    private static SessionEntry Live(long lastAccess) => SessionEntry.Live(new(1, 1, 1), default, lastAccess, []);
}
