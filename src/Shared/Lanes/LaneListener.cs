using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using Pomegranate.Liveness;

namespace Pomegranate.Lanes;

/// <summary>Where other nodes open their lanes to this one. Thread-safe.</summary>
/// <remarks>
/// Who has not greeted with the secret within <see cref="Patience"/> is closed, and at most
/// <see cref="MaxStrangers"/> at a time are waited for: a stranger can cost neither memory nor threads.
/// </remarks>
internal sealed class LaneListener : IDisposable
{
    internal const int MaxStrangers = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopped = new();
    private readonly ConcurrentDictionary<LaneChannel, Func<Lane, ILaneHandler>> _channels = new();
    private readonly ConcurrentDictionary<Lane, bool> _lanes = new();
    private int _strangers;

    /// <summary>Binds and listens; throws <see cref="SocketException"/> where the address or port cannot be had.</summary>
    public LaneListener(IPEndPoint endpoint, UniqueAddress self, ILogger log)
    {
        _log = log;
        _socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _socket.Bind(endpoint);
        _socket.Listen();
        Ticket = new LaneTicket(((IPEndPoint)_socket.LocalEndPoint!).Port, self.Uid, Guid.NewGuid());
        _ = Task.Run(AcceptAsync);
    }

    /// <summary>What another node needs to open a lane here.</summary>
    public LaneTicket Ticket { get; }

    /// <summary>From now on lanes of this channel are taken; until then they are refused, and their openers try again.</summary>
    /// <param name="open">Makes what takes the frames of a lane that has just been opened.</param>
    public void Accept(LaneChannel channel, Func<Lane, ILaneHandler> open) => _channels[channel] = open;

    public void Dispose()
    {
        _stopped.Cancel();
        _socket.Dispose();
        foreach (var lane in _lanes.Keys)
        {
            lane.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                var connection = await _socket.AcceptAsync(_stopped.Token);
                if (Interlocked.Increment(ref _strangers) > MaxStrangers)
                {
                    Interlocked.Decrement(ref _strangers);
                    LaneLog.Refused(_log, connection.RemoteEndPoint, "Too many connections have not greeted yet.");
                    connection.Dispose();
                    continue;
                }

                _ = MeetAsync(connection);
            }
            catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException || _stopped.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException failure)
            {
                LaneLog.AcceptFailed(_log, failure);
                await Task.Delay(PauseAfterError);
            }
        }
    }

    private async Task MeetAsync(Socket connection)
    {
        EndPoint? remote = null;
        try
        {
            remote = connection.RemoteEndPoint;
            connection.NoDelay = true;
            PeerWatch.EnableKeepAlive(connection);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stopped.Token);
            patience.CancelAfter(Patience);
            var hello = await LaneHandshake.ReadHelloAsync(connection, patience.Token);
            if (!CryptographicOperations.FixedTimeEquals(hello.Secret.ToByteArray(), Ticket.Secret.ToByteArray()))
            {
                Refuse("It does not know this node's secret.");
            }
            else if (!_channels.TryGetValue(hello.Channel, out var open))
            {
                Refuse($"This node takes no lanes of channel {hello.Channel} (yet).");
            }
            else
            {
                await LaneHandshake.WelcomeAsync(connection, patience.Token);
                Open(new Lane(connection, hello.Opener, _log), open);
            }
        }
        catch (Exception failure)
        {
            Refuse(failure.Message);
        }
        finally
        {
            Interlocked.Decrement(ref _strangers);
        }

        void Refuse(string reason)
        {
            LaneLog.Refused(_log, remote, reason);
            connection.Dispose();
        }
    }

    private void Open(Lane lane, Func<Lane, ILaneHandler> open)
    {
        _lanes[lane] = true;
        lane.Start(new Kept(open(lane), () => _lanes.TryRemove(lane, out _)));
        if (_stopped.IsCancellationRequested)
        {
            lane.Dispose();
        }
    }

    /// <summary>A lane that has ended is closed no more.</summary>
    private sealed class Kept(ILaneHandler handler, Action forget) : ILaneHandler
    {
        public void OnFrame(byte kind, ReadOnlySpan<byte> payload) => handler.OnFrame(kind, payload);

        public void OnClosed()
        {
            forget();
            handler.OnClosed();
        }
    }
}
