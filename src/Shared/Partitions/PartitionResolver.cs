using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pomegranate.Clustering;

namespace Pomegranate.Partitions;

/// <summary>
/// Ends a parted cluster: where members cannot reach each other and that has not changed for a while, it downs those
/// who do not go on (<see cref="Survivors"/>). Runs on every member; those who do not survive down themselves, the
/// survivor with the lowest address downs them too.
/// </summary>
/// <remarks>
/// In the place of Akka's split brain resolver, which counts all members alike, downs both ends of a broken link, all
/// of the cluster when links come and go, and looks once a second.
/// </remarks>
internal sealed class PartitionResolver : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly TimeSpan _stableAfter;
    private readonly TimeSpan _unstableAfter;
    private readonly TimeProvider _time;
    private readonly Cluster _cluster;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    private HashSet<(UniqueAddress, UniqueAddress)> _broken = [];
    private HashSet<Voter> _members = [];
    private long _firstBreak;
    private long _lastChange;

    /// <param name="stableAfter">How long nothing may change before it is decided.</param>
    /// <param name="unstableAfter">How much longer than that is waited for it, from the first break.</param>
    public PartitionResolver(Cluster cluster, TimeSpan stableAfter, TimeSpan unstableAfter, TimeProvider time)
    {
        _cluster = cluster;
        _stableAfter = stableAfter;
        _unstableAfter = unstableAfter;
        _time = time;
        Receive<Look>(_ => OnLook());
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, Step);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private void OnLook()
    {
        // The downed and the leaving are on their way out, whoever reaches them.
        var members = _cluster.State.Members.Where(m => m.Status is not (MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Removed))
            .Select(Voter.Of).ToHashSet();
        var broken = BrokenLinks(members.Select(m => m.Address).ToHashSet());
        var now = _time.GetTimestamp();
        if (broken.Count == 0 || !members.Any(m => m.IsFull && m.Address.Equals(_cluster.SelfUniqueAddress)))
        {
            _broken.Clear();
            return;
        }

        if (_broken.Count == 0)
        {
            _firstBreak = now;
            _log.Warning("{0}. It is decided who goes on once this has not changed for {1} s.", Describe(broken), _stableAfter.TotalSeconds);
        }

        if (!broken.SetEquals(_broken) || !members.SetEquals(_members))
        {
            _lastChange = now;
            _broken = broken;
            _members = members;
        }

        if (_time.GetElapsedTime(_lastChange, now) >= _stableAfter || _time.GetElapsedTime(_firstBreak, now) >= _stableAfter + _unstableAfter)
        {
            Decide();
        }
    }

    private HashSet<(UniqueAddress, UniqueAddress)> BrokenLinks(HashSet<UniqueAddress> members)
    {
        var broken = new HashSet<(UniqueAddress, UniqueAddress)>();
        foreach (var (subject, observers) in ClusterInternals.Observers(_cluster))
        {
            broken.UnionWith(observers.Where(o => members.Contains(o) && members.Contains(subject)).Select(observer => (observer, subject)));
        }

        // One that remoting has given up (a quarantine) has no observers.
        foreach (var lost in _cluster.State.Unreachable.Select(m => m.UniqueAddress).Where(members.Contains))
        {
            if (!broken.Any(link => link.Item2.Equals(lost)))
            {
                broken.Add((_cluster.SelfUniqueAddress, lost));
            }
        }

        return broken;
    }

    private void Decide()
    {
        var downed = Verdict.Of(_cluster.SelfUniqueAddress, _members, _broken);
        if (downed.Count > 0)
        {
            _log.Warning("{0}. Downing {1}; of {2} members, those go on who all reach each other and hold the most backends.",
                Describe(_broken), string.Join(", ", downed.Select(d => d.Address)), _members.Count);
        }

        foreach (var member in downed)
        {
            _cluster.Down(member.Address);
        }

        // The others' verdicts take a moment to arrive.
        _lastChange = _firstBreak = _time.GetTimestamp();
    }

    private static string Describe(HashSet<(UniqueAddress Observer, UniqueAddress Subject)> broken) => "Members cannot reach each other: "
        + string.Join("; ", broken.GroupBy(link => link.Subject, link => link.Observer)
            .Select(links => $"{links.Key.Address} is not reached by {string.Join(", ", links.Select(o => o.Address))}"));

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }
}
