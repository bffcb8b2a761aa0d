using Akka.Actor;
using Pomegranate.Lanes;

namespace Pomegranate.Backend.Replication;

/// <summary>Keeps a lane to each peer, if it takes any: for the writes of this node's sessions.</summary>
internal sealed class ReplicaLanes : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LaneDialer _dialer;
    private readonly ReplicaWrites _writes;
    private readonly HashSet<ReplicaPeer> _peers = [];

    public ReplicaLanes(LaneDialer dialer, ReplicaWrites writes)
    {
        _dialer = dialer;
        _writes = writes;
        Receive<Peers>(OnPeers);
        Receive<Opened>(OnOpened);
        Receive<Failed>(failed => Timers.StartSingleTimer(failed.Peer, new Retry(failed.Peer), Pause));
        Receive<Closed>(closed => Open(closed.Peer));
        Receive<Retry>(retry => Open(retry.Peer));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(LaneDialer dialer, ReplicaWrites writes) => Akka.Actor.Props.Create(() => new ReplicaLanes(dialer, writes));

    protected override void PostStop()
    {
        foreach (var peer in _peers)
        {
            peer.Lane?.Dispose();
        }
    }

    private void OnPeers(Peers peers)
    {
        foreach (var gone in _peers.Except(peers.All).ToList())
        {
            _peers.Remove(gone);
            gone.Lane?.Dispose();
        }

        foreach (var joined in peers.All.Except(_peers).ToList())
        {
            _peers.Add(joined);
            Open(joined);
        }
    }

    private void Open(ReplicaPeer peer)
    {
        if (_peers.Contains(peer))
        {
            _dialer.OpenAsync(peer.Address.Address, LaneChannel.Replicas).PipeTo(
                Self, success: lane => new Opened(peer, lane), failure: _ => new Failed(peer));
        }
    }

    /// <remarks>One of an earlier build takes no lanes: it is told by actor message, and not asked again.</remarks>
    private void OnOpened(Opened opened)
    {
        var (peer, lane) = opened;
        if (lane is null)
        {
            return;
        }

        if (!_peers.Contains(peer) || !lane.Peer.Equals(peer.Address))
        {
            // Another incarnation, which is another peer.
            lane.Dispose();
            return;
        }

        lane.Start(new Acknowledgements(_writes, peer, Self));
        peer.Lane = lane;
    }

    /// <summary>The peers there are.</summary>
    internal sealed record Peers(ReplicaPeer[] All);

    private sealed class Acknowledgements(ReplicaWrites writes, ReplicaPeer peer, IActorRef self) : ILaneHandler
    {
        public void OnFrame(byte kind, ReadOnlySpan<byte> payload)
        {
            var (ticket, view) = ReplicaFrames.ReadStored(kind, payload);
            writes.Acknowledge(ticket, view, peer);
        }

        public void OnClosed()
        {
            peer.Lane = null;
            self.Tell(new Closed(peer));
        }
    }

    private sealed record Opened(ReplicaPeer Peer, Lane? Lane);

    private sealed record Failed(ReplicaPeer Peer);

    private sealed record Closed(ReplicaPeer Peer);

    private sealed record Retry(ReplicaPeer Peer);
}
