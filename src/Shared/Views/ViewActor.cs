using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using Pomegranate.Clustering;
using Pomegranate.Liveness;
using static Pomegranate.Views.ViewProtocol;
using Envelope = Pomegranate.Views.ViewProtocol.Envelope;

namespace Pomegranate.Views;

/// <summary>
/// This node's part in the views of all apps: a <see cref="ViewNode"/> for each, told of membership, deaths, messages and
/// time. A frontend or lighthouse votes on them; a backend moreover has its own app's, once it says so (<see cref="Serve"/>).
/// </summary>
internal sealed partial class ViewActor : ReceiveActor, IWithTimers
{
    /// <summary>The actor's name under <c>/user</c>; the same on every node.</summary>
    public const string Name = "views";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly KnownViews _known = KnownViews.Of(Context.System);
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly long _start;
    private readonly TimeSpan _leaseLength;
    private readonly string? _ownApp;

    private readonly Dictionary<string, Part> _apps = [];
    private readonly Dictionary<UniqueAddress, Member> _members = [];
    private readonly HashSet<UniqueAddress> _unreachable = [];

    /// <summary>Whose death this node has proven, or whom the cluster has downed or seen leave: none of them speaks again.</summary>
    private readonly HashSet<UniqueAddress> _dead = [];
    private readonly Dictionary<Address, ActorSelection> _peers = [];
    private readonly List<IActorRef> _leaving = [];
    private IReadOnlyCollection<UniqueAddress> _unwanted = [];
    private bool _isComplete;

    /// <param name="ownApp">The app this node is a backend of; null where it is none.</param>
    public ViewActor(string? ownApp, NodeOptions options, TimeProvider time, ILogger log)
    {
        _ownApp = ownApp;
        _time = time;
        _log = log;
        _start = time.GetTimestamp();
        _leaseLength = options.AcceptableHeartbeatPause + (options.SplitBrainStableAfter * (2 / 3.0));

        Receive<ClusterEvent.CurrentClusterState>(OnState);
        Receive<ClusterEvent.IMemberEvent>(OnMember);
        Receive<ClusterEvent.IReachabilityEvent>(OnReachability);
        Receive<DeathProven>(death =>
        {
            _dead.Add(death.Node);
            TellMembers();
        });
        Receive<Envelope>(OnMessage);
        Receive<Serve>(OnServe);
        Receive<Unwanted>(unwanted =>
        {
            _unwanted = unwanted.Members;
            ForEach(node => node.SetUnwanted(_unwanted, Now));
        });
        Receive<Complete>(_ =>
        {
            _isComplete = true;
            Own?.Node.BecomeComplete(Now);
        });
        Receive<CaughtUpIn>(caughtUp => Own?.Node.CatchUp(caughtUp.Number, Now));
        Receive<Leave>(OnLeave);
        Receive<Tick>(_ =>
        {
            ForEach(node => node.Tick(Now));
            AnswerLeaving();
        });
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, Interval);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private TimeSpan Now => _time.GetElapsedTime(_start);

    private Part? Own => _ownApp is null ? null : _apps.GetValueOrDefault(_ownApp);

    /// <param name="ownApp">The app this node is a backend of; null where it is none.</param>
    public static Props Props(string? ownApp, NodeOptions options, TimeProvider time, ILogger log) =>
        Akka.Actor.Props.Create(() => new ViewActor(ownApp, options, time, log)).WithDispatcher("akka.actor.internal-dispatcher");

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Context.System.EventStream.Subscribe(Self, typeof(DeathProven));
    }

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        Context.System.EventStream.Unsubscribe(Self);
    }

    // ---- membership ----

    private void OnState(ClusterEvent.CurrentClusterState state)
    {
        foreach (var member in state.Members)
        {
            Note(member);
        }

        _unreachable.UnionWith(state.Unreachable.Select(m => m.UniqueAddress));
        TellMembers();
    }

    private void OnMember(ClusterEvent.IMemberEvent change)
    {
        Note(change.Member);
        if (change is ClusterEvent.MemberRemoved)
        {
            _members.Remove(change.Member.UniqueAddress);
            _unreachable.Remove(change.Member.UniqueAddress);
            _dead.Add(change.Member.UniqueAddress);
        }

        TellMembers();
    }

    private void Note(Member member)
    {
        if (member.Status is MemberStatus.Up or MemberStatus.Leaving or MemberStatus.Exiting)
        {
            _members[member.UniqueAddress] = member;
        }
        else if (member.Status is MemberStatus.Down)
        {
            _dead.Add(member.UniqueAddress);
        }
    }

    private void OnReachability(ClusterEvent.IReachabilityEvent change)
    {
        _ = change is ClusterEvent.UnreachableMember lost ? _unreachable.Add(lost.Member.UniqueAddress)
            : change is ClusterEvent.ReachableMember found && _unreachable.Remove(found.Member.UniqueAddress);
        TellMembers();
    }

    private void TellMembers()
    {
        // Before this node is Up its gossip may lack members.
        if (!_members.ContainsKey(_cluster.SelfUniqueAddress))
        {
            return;
        }

        foreach (var role in _members.Values.SelectMany(m => m.Roles).Where(role => AppName.IsBackend([role])).Distinct().ToList())
        {
            var app = AppName.OfRole(role);
            if (app != _ownApp && !_apps.ContainsKey(app))
            {
                _apps.Add(app, new Part(this, app, new ViewSettings(_leaseLength, n => n, 1), null));
            }
        }

        foreach (var (app, part) in _apps)
        {
            var role = AppName.RoleOf(app);
            part.Node.SetMembers(
                [.. _members.Values.Where(m => !_dead.Contains(m.UniqueAddress)).Select(m => new ViewMember(m.UniqueAddress, m.HasRole(role), ClusterInternals.UpNumber(m), !_unreachable.Contains(m.UniqueAddress)))],
                _dead,
                Now);
        }
    }

    // ---- what others say ----

    private void OnMessage(Envelope envelope)
    {
        var from = _members.Keys.FirstOrDefault(m => m.Address.Equals(Sender.Path.Address) && m.Uid == envelope.Incarnation);
        if (from is not null && !_dead.Contains(from) && _apps.TryGetValue(envelope.App, out var part))
        {
            part.Node.Receive(from, envelope.Message, Now);
        }
    }

    private void Send(string app, UniqueAddress to, IMessage message)
    {
        if (!_peers.TryGetValue(to.Address, out var peer))
        {
            _peers[to.Address] = peer = Context.ActorSelection(new RootActorPath(to.Address) / "user" / Name);
        }

        peer.Tell(new Envelope(app, _cluster.SelfUniqueAddress.Uid, message), Self);
    }

    // ---- what this node's own parts say ----

    private void OnServe(Serve serve)
    {
        _apps[_ownApp!] = new Part(this, _ownApp!, new ViewSettings(_leaseLength, serve.Need, serve.MinimumBackends), serve.Backend);
        TellMembers();
        Own!.Node.SetUnwanted(_unwanted, Now);
        if (_isComplete)
        {
            Own.Node.BecomeComplete(Now);
        }
    }

    private void OnLeave(Leave leave)
    {
        _leaving.Add(Sender);
        Own?.Node.Leave(Now);
        AnswerLeaving();
    }

    private void AnswerLeaving()
    {
        if (_leaving.Count > 0 && Own?.Node.MayLeave(Now) != false)
        {
            _leaving.ForEach(asker => asker.Tell(Left.Instance));
            _leaving.Clear();
        }
    }

    private void ForEach(Action<ViewNode> action)
    {
        foreach (var part in _apps.Values)
        {
            action(part.Node);
        }
    }

    [LoggerMessage(1020, LogLevel.Information, "View {Number} of '{App}': {Backends}. Their word counts from now on.")]
    private static partial void Installed(ILogger log, long number, string app, string backends);

    // ---- messages within this node ----

    /// <summary>This node is a backend, and does this with its app's views.</summary>
    /// <param name="Need">Of so many backends, how many know every acknowledged write together.</param>
    /// <param name="MinimumBackends">How many backends a cluster needs before its first view.</param>
    internal sealed record Serve(IViewBackend Backend, Func<int, int> Need, int MinimumBackends) : INoSerializationVerificationNeeded;

    /// <summary>Whom the apps' views are to go on without: suspected for long enough.</summary>
    internal sealed record Unwanted(IReadOnlyCollection<UniqueAddress> Members);

    /// <summary>The replica holds what was there to copy.</summary>
    internal sealed class Complete
    {
        public static readonly Complete Instance = new();
    }

    /// <summary>The replica holds all that was acknowledged before this view.</summary>
    internal sealed record CaughtUpIn(long Number);

    /// <summary>This node is about to end; answered with <see cref="Left"/> when the others go on without it.</summary>
    internal sealed class Leave
    {
        public static readonly Leave Instance = new();
    }

    /// <summary>The answer to <see cref="Leave"/>.</summary>
    internal sealed class Left
    {
        public static readonly Left Instance = new();
    }

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>One app's views.</summary>
    private sealed class Part : IViewOutput
    {
        private readonly ViewActor _actor;
        private readonly string _app;
        private readonly IViewBackend? _backend;

        public Part(ViewActor actor, string app, ViewSettings settings, IViewBackend? backend)
        {
            (_actor, _app, _backend) = (actor, app, backend);
            Node = new ViewNode(actor._cluster.SelfUniqueAddress, backend is not null, settings, this);
        }

        public ViewNode Node { get; }

        public void Send(UniqueAddress to, IMessage message) => _actor.Send(_app, to, message);

        public void Install(View view)
        {
            Installed(_actor._log, view.Number, _app, string.Join(", ", view.Backends.Select(b => $"{b.Address.Host}:{b.Address.Port}")));
            _actor._known.Set(_app, view);
            _backend?.Install(view);
        }

        public void Confirm(UniqueAddress backend) => _backend?.Confirm(backend);

        public void Settle(View view) => _backend?.Settle(view);

        public void Lease(TimeSpan until) => _backend?.Lease(
            until == TimeSpan.MinValue ? long.MinValue : _actor._start + (long)(until.TotalSeconds * _actor._time.TimestampFrequency));
    }
}
