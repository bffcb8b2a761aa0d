using System.Net.Sockets;
using Akka.Cluster;
using Microsoft.Extensions.Logging;
using Pomegranate.Wire;

namespace Pomegranate.Lanes;

/// <summary>Writes a message into a lane: static, so that sending allocates nothing.</summary>
internal delegate void LaneWrite<in T>(WireWriter writer, T message);

/// <summary>
/// A TCP connection between two nodes for the messages that are many, beside Akka.Remote, which keeps those that are few
/// and must not wait (heartbeats, gossip, shards). Thread-safe.
/// </summary>
/// <remarks>
/// <para>Out: each thread writes its message into the outbox that gathers, under a short lock. Who finds nothing on its
/// way lets the thread pool send; what gathers until that comes to it, and while it sends, leaves with the next write. So
/// messages share writes the more, the more there is to do, and no message waits for a clock.</para>
/// <para>In: one loop reads and hands each whole frame to the <see cref="ILaneHandler"/> at once, on its own thread.</para>
/// <para>Messages arrive in the order in which they were taken, or the lane ends. What was on its way then is in doubt:
/// a lane never sends anything twice.</para>
/// </remarks>
internal sealed class Lane : IThreadPoolWorkItem, IDisposable
{
    /// <summary>Bytes that may wait for a peer that does not read. Requests and answers are bounded on their own; this bounds memory.</summary>
    public const int MaxUnsent = 32 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly ILogger _log;
    private readonly LaneInbox _inbox = new();
    private LaneOutbox _gathering = new();
    private LaneOutbox _leaving = new();
    private bool _isSending;
    private bool _isClosed;

    /// <param name="socket">Greeted, and the lane's own from now on.</param>
    public Lane(Socket socket, UniqueAddress peer, ILogger log)
    {
        _socket = socket;
        Peer = peer;
        _log = log;
    }

    /// <summary>The node at the other end.</summary>
    public UniqueAddress Peer { get; }

    /// <summary>Begins to read; called once.</summary>
    public void Start(ILaneHandler handler) => _ = Task.Run(() => ReadAsync(handler));

    /// <summary>Puts a message among those that leave next; only <see cref="LaneSending.Sent"/> means that it may arrive.</summary>
    /// <param name="write">Runs under the lane's lock.</param>
    public LaneSending TrySend<T>(byte kind, T message, LaneWrite<T> write)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return LaneSending.Closed;
            }

            if (_gathering.Length + _leaving.Length > MaxUnsent)
            {
                return LaneSending.Full;
            }

            var start = _gathering.Begin();
            try
            {
                write(new WireWriter(_gathering), message);
            }
            catch
            {
                _gathering.CutBackTo(start);
                throw;
            }

            if (!_gathering.TryEnd(start, kind))
            {
                return LaneSending.TooLong;
            }

            if (_isSending)
            {
                return LaneSending.Sent;
            }

            _isSending = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return LaneSending.Sent;
    }

    /// <summary>Ends the lane; what has not left does not leave any more.</summary>
    public void Dispose()
    {
        TakeNoMore();
        _socket.Dispose();
    }

    /// <summary>Ends the lane so that even what has left, and not arrived, does not arrive any more: the connection is reset.</summary>
    public void Abort()
    {
        TakeNoMore();
        try
        {
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            LaneLog.Ended(_log, Peer, end.Message);
        }

        _socket.Dispose();
    }

    /// <summary>Sends what has gathered, and comes again if more has meanwhile: behind what else the pool has to do.</summary>
    async void IThreadPoolWorkItem.Execute()
    {
        lock (_gate)
        {
            (_gathering, _leaving) = (_leaving, _gathering);
        }

        try
        {
            for (var rest = _leaving.Written; !rest.IsEmpty;)
            {
                rest = rest[await _socket.SendAsync(rest, SocketFlags.None)..];
            }
        }
        catch (Exception failure)
        {
            // The read loop ends the lane: answers may have come that it has not read yet.
            LaneLog.SendFailed(_log, Peer, failure.Message);
            TakeNoMore();
            return;
        }

        lock (_gate)
        {
            _leaving.Clear();
            if (_gathering.Length == 0 || _isClosed)
            {
                _isSending = false;
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void TakeNoMore()
    {
        lock (_gate)
        {
            _isClosed = true;
        }
    }

    private async Task ReadAsync(ILaneHandler handler)
    {
        try
        {
            while (await _socket.ReceiveAsync(_inbox.Free(), SocketFlags.None) is > 0 and var count)
            {
                _inbox.Received(count);
                while (_inbox.TryTake(out var kind, out var payload))
                {
                    handler.OnFrame(kind, payload);
                }
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            LaneLog.Ended(_log, Peer, end.Message);
        }
        catch (Exception failure)
        {
            // Whatever the bytes were, the node lives on, and the lane is made anew.
            LaneLog.Broken(_log, Peer, failure.Message, failure is WireFormatException ? null : failure);
        }

        Dispose();
        try
        {
            handler.OnClosed();
        }
        catch (Exception failure)
        {
            LaneLog.HandlerFailed(_log, Peer, failure);
        }
    }
}
