using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Liveness;

/// <summary>
/// Keeps one <see cref="PeerWatch"/> on every other member and acts on a proven death: the member becomes unreachable
/// and down on this node. Every node proves on its own; none believes another.
/// </summary>
/// <remarks>
/// <code>
/// member seen -> Locating -- PortIs --> Watching -- Dead --> Proven
///                   ^  asks again with backoff  |               |
///                   +---- NotEstablished, Lost -+               |
/// member removed: forgotten from any state  &lt;-------------------+
/// </code>
/// </remarks>
internal sealed class LivenessActor : ReceiveActor, IWithTimers
{
    /// <summary>The actor's name under <c>/user</c>, where the other nodes' actors find it.</summary>
    public const string Name = "liveness";

    private static readonly TimeSpan ShortestBackoff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(10);

    // A joining node's actor system answers before its own liveness actor is up: the first misses are ordinary.
    private const int AttemptsBeforeWarning = 5;

    private readonly Cluster _cluster = Cluster.Get(Context.System);
    private readonly ProvenDeaths _deaths = ProvenDeaths.Of(Context.System.EventStream);
    private readonly Dictionary<UniqueAddress, Peer> _peers = [];
    private readonly LivenessProtocol.PortIs _ownPort;
    private readonly PeerWatch _watch;
    private readonly ILogger _log;

    public LivenessActor(LivenessListener listener, TimeProvider time, ILogger log)
    {
        _ownPort = new LivenessProtocol.PortIs(listener.Port, listener.Incarnation);
        _watch = new PeerWatch(time);
        _log = log;

        Receive<ClusterEvent.CurrentClusterState>(OnSnapshot);
        Receive<ClusterEvent.MemberRemoved>(removed => OnRemoved(removed.Member));
        Receive<ClusterEvent.IMemberEvent>(change => OnMember(change.Member));
        Receive<LivenessProtocol.WherePort>(_ => Sender.Tell(_ownPort));
        Receive<LivenessProtocol.PortIs>(OnPort);
        Receive<AskAgain>(again => Ask(again.Node));
        Receive<Noted>(OnNote);
        Receive<Ended>(OnEnded);
        Receive<Failed>(OnFailed);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(LivenessListener listener, TimeProvider time, ILogger log) =>
        // Death is proven while the default dispatcher is busy with what the death broke.
        Akka.Actor.Props.Create(() => new LivenessActor(listener, time, log)).WithDispatcher("akka.actor.internal-dispatcher");

    protected override void PreStart() => _cluster.Subscribe(
        Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsSnapshot, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop()
    {
        _cluster.Unsubscribe(Self);
        foreach (var peer in _peers.Values)
        {
            peer.Stop();
        }
    }

    private void OnSnapshot(ClusterEvent.CurrentClusterState state)
    {
        _deaths.RetainAll(state.Members.Select(member => member.UniqueAddress));
        foreach (var member in state.Members)
        {
            OnMember(member);
        }
    }

    private void OnMember(Member member)
    {
        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            return;
        }

        if (_peers.TryGetValue(member.UniqueAddress, out var known))
        {
            known.Status = member.Status;
            return;
        }

        _peers.Add(member.UniqueAddress, new Peer(member.Status));
        Ask(member.UniqueAddress);
    }

    private void OnRemoved(Member member)
    {
        if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress))
        {
            // Out of the cluster we have no say in it, and what we hear is our own end.
            Context.Stop(Self);
            return;
        }

        Timers.Cancel(member.UniqueAddress);
        _deaths.Remove(member.UniqueAddress);
        if (_peers.Remove(member.UniqueAddress, out var peer))
        {
            peer.Stop();
            if (peer.DetectorIsOurs)
            {
                _cluster.FailureDetector.Remove(member.Address);
            }
        }
    }

    private void Ask(UniqueAddress node)
    {
        if (!_peers.TryGetValue(node, out var peer) || peer.IsWatched)
        {
            return;
        }

        if (++peer.Attempts == AttemptsBeforeWarning && peer.Port is null)
        {
            LivenessLog.NoPort(_log, node);
        }

        Context.ActorSelection(new RootActorPath(node.Address) / "user" / Name).Tell(LivenessProtocol.WherePort.Instance);
        Timers.StartSingleTimer(node, new AskAgain(node), peer.Backoff(ShortestBackoff, LongestBackoff));
    }

    private void OnPort(LivenessProtocol.PortIs port)
    {
        var address = Sender.Path.Address;
        var node = _peers.Keys.FirstOrDefault(node => node.Address.Equals(address) && node.Uid == port.Incarnation);
        if (node is null || _peers[node] is not { IsWatched: false } peer)
        {
            return;
        }

        peer.Port = port.Port;
        peer.Watching = new CancellationTokenSource();
        Timers.Cancel(node);
        var self = Self;
        var watching = peer.Watching.Token;
        Task.Run(() => _watch.RunAsync(address.Host, port.Port, port.Incarnation, note => self.Tell(new Noted(node, note)), watching), watching)
            .PipeTo(self, success: result => new Ended(node, result), failure: error => new Failed(node, error));
    }

    private void OnNote(Noted noted)
    {
        if (!_peers.TryGetValue(noted.Node, out var peer))
        {
            return;
        }

        peer.Attempts = 0;
        switch (noted.Note)
        {
            case PeerWatch.Note.Closed:
                LivenessLog.Closed(_log, noted.Node);
                break;
            case PeerWatch.Note.FalseAlarm:
                LivenessLog.FalseAlarm(_log, noted.Node);
                break;
            default:
                LivenessLog.Established(_log, noted.Node);
                break;
        }
    }

    private void OnEnded(Ended ended)
    {
        if (!_peers.TryGetValue(ended.Node, out var peer))
        {
            return;
        }

        switch (ended.Result.Ending)
        {
            case PeerWatch.Ending.Dead:
                Prove(ended.Node, peer, ended.Result.Evidence);
                break;
            case PeerWatch.Ending.Lost:
                LivenessLog.Lost(_log, ended.Node);
                WatchAgain(ended.Node, peer);
                break;
            default:
                if (peer.Attempts >= AttemptsBeforeWarning && !peer.Warned)
                {
                    peer.Warned = true;
                    LivenessLog.NotEstablished(_log, ended.Node, peer.Port ?? 0, ended.Result.FirstConnection);
                }

                WatchAgain(ended.Node, peer);
                break;
        }
    }

    private void OnFailed(Failed failed)
    {
        if (_peers.TryGetValue(failed.Node, out var peer))
        {
            LivenessLog.WatchFailed(_log, failed.Node, failed.Error);
            WatchAgain(failed.Node, peer);
        }
    }

    private void WatchAgain(UniqueAddress node, Peer peer)
    {
        peer.Stop();

        // The port is asked for anew: the answer itself shows that the peer still is who we think.
        Timers.StartSingleTimer(node, new AskAgain(node), peer.Backoff(ShortestBackoff, LongestBackoff));
    }

    private void Prove(UniqueAddress node, Peer peer, DeathEvidence evidence)
    {
        _deaths.Add(node);
        if (!_cluster.FailureDetector.IsMonitoring(node.Address))
        {
            // No detector yet (it joined a moment ago), or not our neighbour in the heartbeat ring: Akka would take
            // an unmonitored member for available. This makes the detector, which then finds the death.
            _cluster.FailureDetector.Heartbeat(node.Address);
            peer.DetectorIsOurs = true;
        }

        // First: the member becomes unreachable, and what waits for it stops waiting, before all agree that it is down.
        Context.System.EventStream.Publish(new DeathProven(node, evidence));
        if (peer.Status == MemberStatus.Exiting)
        {
            // Unreachable is enough for the leader to remove it; down would spoil an orderly exit.
            LivenessLog.Exited(_log, node, evidence);
        }
        else
        {
            LivenessLog.Dead(_log, node, evidence);
            _cluster.Down(node.Address);
        }
    }

    /// <summary>Asks a peer for its port, unless it is watched by then.</summary>
    private sealed record AskAgain(UniqueAddress Node);

    /// <summary>News of a watch that goes on.</summary>
    private sealed record Noted(UniqueAddress Node, PeerWatch.Note Note);

    /// <summary>A watch came to a result.</summary>
    private sealed record Ended(UniqueAddress Node, PeerWatch.Result Result);

    /// <summary>A watch met an error it does not know.</summary>
    private sealed record Failed(UniqueAddress Node, Exception Error);

    /// <summary>What this actor knows of another member. Touched by the actor only.</summary>
    private sealed class Peer(MemberStatus status)
    {
        public MemberStatus Status { get; set; } = status;

        public int? Port { get; set; }

        public int Attempts { get; set; }

        public bool Warned { get; set; }

        public bool DetectorIsOurs { get; set; }

        public CancellationTokenSource? Watching { get; set; }

        public bool IsWatched => Watching is not null;

        public TimeSpan Backoff(TimeSpan shortest, TimeSpan longest)
        {
            var backoff = shortest * Math.Pow(2, Math.Clamp(Attempts, 1, 16) - 1);
            return backoff < longest ? backoff : longest;
        }

        public void Stop()
        {
            Watching?.Cancel();
            Watching?.Dispose();
            Watching = null;
        }
    }
}
