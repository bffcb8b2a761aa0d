using System.Threading.Channels;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging.Abstractions;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Clustering;
using Pomegranate.Lanes;
using static Pomegranate.Backend.Replication.ReplicationProtocol;

namespace Pomegranate.Backend.Tests.Replication;

/// <summary>Another backend that takes lanes, and does with the writes it gets only what the test tells it.</summary>
internal sealed class LanePeer : IDisposable
{
    private readonly BackendSystem _node = BackendSystem.Start();
    private readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();

    public LanePeer()
    {
        _node.System.ActorOf(Props.Create(() => new Replica(_received.Writer)), SessionReplica.Name);
        _node.System.OpenLanes(new NodeOptions { Hostname = "127.0.0.1" }, NullLogger.Instance)
            .Accept(LaneChannel.Replicas, lane => new End(lane, _received.Writer));
    }

    public UniqueAddress Address => _node.Address;

    /// <summary>The next write that has come by a lane, while the replica sends it again and again.</summary>
    public async Task<Received> NextByLaneAsync(TestedReplica replica)
    {
        Received? found = null;
        await Eventually.AwaitAsync("a write to come by a lane", () =>
        {
            while (_received.Reader.TryRead(out var received))
            {
                found ??= received.Lane is null ? null : received;
            }

            replica.Advance(ReplicaWrites.Resend * 2);
            return Task.FromResult(found is not null);
        });
        return found!;
    }

    /// <summary>The next write, whichever way it comes.</summary>
    public async Task<Received> NextAsync(TestedReplica replica)
    {
        Received? found = null;
        await Eventually.AwaitAsync("a write to come", () =>
        {
            replica.Advance(ReplicaWrites.Resend * 2);
            return Task.FromResult(_received.Reader.TryRead(out found));
        });
        return found!;
    }

    /// <summary>Forgets what has come.</summary>
    public void Clear()
    {
        while (_received.Reader.TryRead(out _))
        {
            // Taken.
        }
    }

    public void Dispose() => _node.Dispose();

    /// <param name="Lane">By which it came; null where it was an actor message.</param>
    internal sealed record Received(Store Store, Lane? Lane, IActorRef? Sender)
    {
        /// <summary>By the way it came.</summary>
        public void Acknowledge()
        {
            if (Lane is null)
            {
                Sender!.Tell(new Stored(Store.Ticket, Store.View));
            }
            else
            {
                Assert.Equal(LaneSending.Sent, Lane.TrySend(ReplicaFrames.Stored, (Store.Ticket, Store.View), ReplicaFrames.WriteStored));
            }
        }
    }

    private sealed class Replica : ReceiveActor
    {
        public Replica(ChannelWriter<Received> received) => Receive<Store>(store => received.TryWrite(new(store, null, Sender)));
    }

    private sealed class End(Lane lane, ChannelWriter<Received> received) : ILaneHandler
    {
        public void OnFrame(byte kind, ReadOnlySpan<byte> payload) => received.TryWrite(new(ReplicaFrames.ReadStore(kind, payload), lane, null));

        public void OnClosed()
        {
            // The replica opens another.
        }
    }
}
