using Akka.Event;
using Pomegranate.Backend.Replication;

namespace Pomegranate.Backend.Durability;

/// <summary>
/// After a stop of all backends, none knows what another has acknowledged since. So each keeps on disk whose copies
/// counted (its roster), and serves nothing until all of these are back; after
/// <see cref="ReplicationOptions.RestartPatience"/> until enough of them are back to hold every acknowledged change.
/// Used by <see cref="ReplicaSync"/> alone, but for <see cref="WaitingFor"/>.
/// </summary>
internal sealed class RestartGate(DurableStore store, ReplicationOptions options, TimeProvider time, string address, ILoggingAdapter log)
{
    private readonly DurableReplica _self = new(store.Id, address);
    private long? _started;
    private volatile string? _waitingFor;
    private bool _hasFailed;

    /// <summary>What the others are told.</summary>
    public DurableIdentity Identity => new(store.Id, store.Roster);

    /// <summary>Why this backend does not serve yet, for its readiness and its log; null when it does not wait.</summary>
    public string? WaitingFor => _waitingFor;

    /// <summary>Whether those present hold every acknowledged change, so that this replica may complete from them.</summary>
    public bool IsOpen(IEnumerable<(string Address, DurableIdentity Disk)> present)
    {
        _started ??= time.GetTimestamp();
        var disks = present.ToList();
        HashSet<DurableReplica> here = [_self, .. disks.Select(d => new DurableReplica(d.Disk.Id, d.Address))];
        List<IReadOnlyList<DurableReplica>> rosters = [store.Roster, .. disks.Select(d => d.Disk.Roster)];
        var missing = rosters.SelectMany(roster => roster).Except(here).Select(r => r.Address).Order(StringComparer.Ordinal).ToList();
        if (missing.Count == 0)
        {
            _waitingFor = null;
            return true;
        }

        var names = string.Join(", ", missing);
        var isEnough = rosters.TrueForAll(roster => RestartQuorum.Covers(options, roster, here));
        if (time.GetElapsedTime(_started.Value) < options.RestartPatience)
        {
            _waitingFor = $"All backends were stopped; waiting for those that are not back yet: {names}. "
                + (isEnough ? $"After {options.RestartPatience} (RestartPatience) this one goes on without." : "They may hold changes that nobody else has.");
            return false;
        }

        if (!isEnough && !options.RestartWithoutQuorum)
        {
            _waitingFor = $"All backends were stopped, and acknowledged changes may be only on disks that are not back: {names}. Start these backends. "
                + $"If their disks are lost, start one that has its disk with {ReplicationOptions.Section}:{nameof(options.RestartWithoutQuorum)}=true; the others then copy from it.";
            return false;
        }

        log.Warning(
            "Going on without {0} after {1}. {2}", names, options.RestartPatience,
            isEnough ? "Those that are back hold every change that a quorum has acknowledged." : "RestartWithoutQuorum is set: acknowledged changes may be missing.");
        _waitingFor = null;
        return true;
    }

    /// <summary>The copies of these count from now on, beside those of before; this one's too if it is complete.</summary>
    public void Counts(IEnumerable<DurableReplica> complete, bool andThis)
    {
        List<DurableReplica> counted = [.. complete, .. andThis ? [_self] : Array.Empty<DurableReplica>()];
        Save([.. counted, .. store.Roster.Except(counted)]);
    }

    /// <summary>This replica and all of these have been compared with each other.</summary>
    public void Compared(IEnumerable<DurableReplica> complete) => Save(RestartQuorum.Next(options, store.Roster, [_self, .. complete]));

    private void Save(IReadOnlyCollection<DurableReplica> roster)
    {
        if (store.Roster.ToHashSet().SetEquals(roster))
        {
            return;
        }

        try
        {
            store.SaveRoster(roster);
            _hasFailed = false;
        }
        catch (DurableStoreException failure)
        {
            // No change is acknowledged here either as long as the disk takes nothing; the synchroniser's tick tries again.
            if (!_hasFailed)
            {
                _hasFailed = true;
                log.Error("{0}", failure.Message);
            }
        }
    }
}
