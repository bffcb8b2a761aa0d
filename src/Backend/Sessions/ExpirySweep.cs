using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.DistributedData;
using Microsoft.Extensions.Logging;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using DData = Akka.DistributedData;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// Ends sessions that nobody uses any more, also those without a live actor, and forgets the marks of ended ones. Each
/// backend looks through its own replica, and asks only the sessions homed on it, so a session is ended once.
/// </summary>
internal sealed class ExpirySweep : ReceiveActor, IWithTimers
{
    /// <summary>Sessions asked to end per sweep: the rest comes at the next one, so a sweep never floods the node.</summary>
    private const int MostPerSweep = 10_000;

    private readonly SessionServices _services;
    private readonly IActorRef _region;
    private readonly SessionSharding _sharding;
    private readonly TimeSpan _grace;
    private readonly IActorRef _replicator = DData.DistributedData.Get(Context.System).Replicator;
    private HashSet<string> _localShards = [];
    private int _pending;
    private int _expired;
    private long _live;

    public ExpirySweep(SessionServices services, IActorRef region, SessionSharding sharding, TimeSpan grace)
    {
        _services = services;
        _region = region;
        _sharding = sharding;
        _grace = grace;

        Receive<Begin>(_ => region.Tell(GetShardRegionState.Instance));
        Receive<CurrentShardRegionState>(state =>
        {
            _localShards = [.. state.Shards.Select(s => s.ShardId)];
            _replicator.Tell(Dsl.GetKeyIds);
        });
        Receive<GetKeysIdsResult>(keys =>
        {
            (_pending, _expired, _live) = (0, 0, 0);
            foreach (var bucket in SessionBuckets.NumbersOf(keys.Keys))
            {
                _pending++;
                _replicator.Tell(Dsl.Get(SessionBuckets.KeyOf(bucket), ReadLocal.Instance, bucket));
            }

            EndIfDone();
        });
        Receive<IGetResponse>(response =>
        {
            if (response.IsSuccessful)
            {
                Look((int)response.Request, response.Get((IKey<SessionBucket>)response.Key));
            }

            _pending--;
            EndIfDone();
        });
        Receive<IUpdateResponse>(_ => { });

        // One sweep begins when the one before has ended.
        BeginLater();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(SessionServices services, IActorRef region, SessionSharding sharding, TimeSpan grace) =>
        Akka.Actor.Props.Create(() => new ExpirySweep(services, region, sharding, grace));

    private void Look(int number, SessionBucket bucket)
    {
        var now = _services.Clock.Now;
        var idleSince = now - (long)_services.SessionOptions.IdleTimeout.TotalMilliseconds;
        var horizon = now - (long)_grace.TotalMilliseconds;
        var forget = false;
        foreach (var (id, entry) in bucket.Entries)
        {
            forget |= entry.Stamp <= horizon;
            if (entry.IsRemoved)
            {
                continue;
            }

            _live++;
            if (entry.LastAccess < idleSince && _expired < MostPerSweep && _localShards.Contains(_sharding.ShardOf(id)))
            {
                _expired++;
                _region.Tell(new SessionActor.ExpireIfIdle(id));
            }
        }

        if (forget)
        {
            _replicator.Tell(Dsl.Update(
                SessionBuckets.KeyOf(number), SessionBucket.Empty, WriteLocal.Instance, number, old => old.Forget(horizon)));
        }
    }

    private void EndIfDone()
    {
        if (_pending > 0)
        {
            return;
        }

        _services.Replica.LiveSessions = _live;
        if (_expired > 0)
        {
            _services.Logger.SessionsExpired(_expired);
        }

        BeginLater();
    }

    private void BeginLater() => Timers.StartSingleTimer(nameof(Begin), Begin.Instance, _services.SessionOptions.SweepInterval);

    private sealed class Begin
    {
        public static readonly Begin Instance = new();
    }
}
