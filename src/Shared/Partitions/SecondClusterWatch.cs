using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pomegranate.Clustering;
using Pomegranate.Views;

namespace Pomegranate.Partitions;

/// <summary>
/// Ends a second cluster of the same name. A first seed that is started while it reaches nobody founds a cluster of its
/// own, and would stay in it when the network is whole again: nodes that start later might join either. So each member
/// asks the seeds that are not members of its cluster now and then; of two clusters that meet, the one whose views are
/// younger, then the one with fewer backends, then fewer members, ends, and its nodes join the other when their supervisor has started them again.
/// </summary>
internal sealed class SecondClusterWatch : ReceiveActor, IWithTimers
{
    /// <summary>The actor's name under <c>/user</c>; the same on every node.</summary>
    public const string Name = "second-cluster-watch";

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>So often it asks soon after a member was removed.</summary>
    private const int SoonTimes = 10;

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly KnownViews _views = KnownViews.Of(Context.System);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IReadOnlyList<Address> _seeds;
    private readonly TimeSpan _interval;
    private int _soon;

    public SecondClusterWatch(IReadOnlyList<Address> seeds, TimeSpan interval)
    {
        _seeds = seeds;
        _interval = interval;
        Receive<Ask>(_ => OnAsk());
        Receive<Census>(OnCensus);
        Receive<ClusterEvent.MemberRemoved>(_ =>
        {
            _soon = SoonTimes;
            AskLater();
        });
        AskLater();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(IReadOnlyList<Address> seeds, TimeSpan interval) => Akka.Actor.Props.Create(() => new SecondClusterWatch(seeds, interval));

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    /// <summary>
    /// Soon, where there is no view yet, or somebody was removed: a cluster that is about to found one, and so to serve, may be the
    /// second, and the one that is gone may have gone on without this one.
    /// </summary>
    private void AskLater() => Timers.StartSingleTimer(
        nameof(Ask), Ask.Instance, (_soon > 0 || _views.All.Count == 0) && _interval > Soon ? Soon : _interval);

    private void OnAsk()
    {
        _soon--;
        AskLater();
        if (Mine() is not { } mine)
        {
            return;
        }

        foreach (var seed in _seeds.Where(seed => !mine.Members.Any(m => m.Address.Equals(seed))))
        {
            Context.ActorSelection(new RootActorPath(seed) / "user" / Name).Tell(mine);
        }
    }

    private void OnCensus(Census theirs)
    {
        if (Mine() is not { } mine || !theirs.IsApartFrom(mine))
        {
            return;
        }

        if (!mine.YieldsTo(theirs))
        {
            Sender.Tell(mine);
            return;
        }

        _log.Error(
            "There are two clusters '{0}': this one of {1} members ({2} backends), and one of {3} ({4}) that {5} belongs to. This one ends, and "
            + "the sessions that only it holds with it. Its nodes join the other when they start again, if a seed of theirs is a member of it.",
            Context.System.Name, mine.Members.Count, mine.Backends, theirs.Members.Count, theirs.Backends, Sender.Path.Address);
        foreach (var member in mine.Members.OrderBy(m => m.Equals(_cluster.SelfUniqueAddress)))
        {
            _cluster.Down(member.Address);
        }
    }

    /// <summary>The cluster this node is a member of; null before it is Up.</summary>
    private Census? Mine()
    {
        var members = _cluster.State.Members.Where(m => m.Status is not (MemberStatus.Down or MemberStatus.Removed)).ToList();
        return members.Any(m => m.UniqueAddress.Equals(_cluster.SelfUniqueAddress) && m.Status is MemberStatus.Up)
            ? new Census([.. members.Select(m => m.UniqueAddress)], members.Count(m => AppName.IsBackend(m.Roles)), _views.All.Values.Select(v => v.Number).DefaultIfEmpty().Max())
            : null;
    }

    private sealed class Ask
    {
        public static readonly Ask Instance = new();
    }
}
