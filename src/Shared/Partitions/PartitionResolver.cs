using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pomegranate.Clustering;
using Pomegranate.Views;

namespace Pomegranate.Partitions;

/// <summary>
/// Ends a parted cluster: where members cannot reach each other and that has not changed for a while, those who go on
/// (<see cref="Survivors"/>) do so without the others. First they ask for views without them, of each app; only when each
/// has one the others are downed, by the survivor with the lowest address. Runs on every member.
/// </summary>
/// <remarks>
/// <para>
/// Who cannot have the views changed removes nobody, and nobody ends by itself: what it holds may be what the others need
/// when the network is whole again. Meanwhile it answers 503. One that the others went on without is told so by them, once
/// they can (<see cref="RemovalWatch"/>).
/// </para>
/// <para>
/// In the place of Akka's split brain resolver, which counts all members alike, downs both ends of a broken link, all
/// of the cluster when links come and go, and looks once a second.
/// </para>
/// </remarks>
internal sealed class PartitionResolver : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly DowningTimes _times;
    private readonly Cluster _cluster;
    private readonly KnownViews _views = KnownViews.Of(Context.System);
    private readonly ActorSelection _viewActor = Context.ActorSelection($"/user/{ViewActor.Name}");
    private readonly ILoggingAdapter _log = Context.GetLogger();

    private readonly PartitionPicture _picture;
    private ImmutableHashSet<UniqueAddress> _unwanted = [];
    private string? _lastWord;

    public PartitionResolver(Cluster cluster, DowningTimes times, TimeProvider time)
    {
        _cluster = cluster;
        _times = times;
        _picture = new PartitionPicture(times, time);
        Receive<Look>(_ => OnLook());
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, Step);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private void OnLook()
    {
        // The downed and the leaving are on their way out, whoever reaches them.
        var members = _cluster.State.Members.Where(m => m.Status is not (MemberStatus.Down or MemberStatus.Exiting or MemberStatus.Removed))
            .Select(m => Voter.Of(m, _views)).ToHashSet();
        var wasWhole = _picture.IsWhole;
        _picture.Look(members, BrokenLinks(members.Select(m => m.Address).ToHashSet()));
        if (_picture.IsWhole || !members.Any(m => m.IsFull && m.Address.Equals(_cluster.SelfUniqueAddress)))
        {
            _picture.Forget();
            Want([]);
            return;
        }

        if (wasWhole)
        {
            _lastWord = null;
            _log.Warning("{0}. It is decided who goes on once this has not changed for {1} s.", Describe(_picture.Broken), _times.StableAfter.TotalSeconds);
        }

        if (_picture.IsDue)
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
        var decision = DowningDecision.Of(_cluster.SelfUniqueAddress, _picture.Members, _picture.Broken, [.. _views.All.Values]);
        Want(decision.Unwanted);
        if (!decision.IsSurvivor)
        {
            Say("It is not for this side to go on without the others: it waits for the network to be whole, and answers 503 meanwhile where it lacks a majority");
        }
        else if (decision.Downs.IsEmpty)
        {
            Say($"Going on without {string.Join(", ", decision.Unwanted.Select(u => u.Address))} as soon as enough of the backends have agreed to it");
        }
        else
        {
            _log.Warning("{0}. Downing {1}; of {2} members, those go on who all reach each other and hold the most backends.",
                Describe(_picture.Broken), string.Join(", ", decision.Downs.Select(d => d.Address)), _picture.Members.Count);
            foreach (var member in decision.Downs)
            {
                _cluster.Down(member.Address);
            }

            // What follows takes a moment to arrive.
            _picture.StartAgain();
        }
    }

    private void Want(ImmutableHashSet<UniqueAddress> unwanted)
    {
        if (!unwanted.SetEquals(_unwanted))
        {
            _unwanted = unwanted;
            _viewActor.Tell(new ViewActor.Unwanted(unwanted));
        }
    }

    private void Say(string word)
    {
        if (word != _lastWord)
        {
            _lastWord = word;
            _log.Warning("{0}. {1}.", Describe(_picture.Broken), word);
        }
    }

    private static string Describe(IReadOnlySet<(UniqueAddress Observer, UniqueAddress Subject)> broken) => "Members cannot reach each other: "
        + string.Join("; ", broken.GroupBy(link => link.Subject, link => link.Observer)
            .Select(links => $"{links.Key.Address} is not reached by {string.Join(", ", links.Select(o => o.Address))}"));

    private sealed class Look
    {
        public static readonly Look Instance = new();
    }
}
