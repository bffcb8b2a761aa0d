using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging.Abstractions;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Tests.Gateway;

/// <summary>A backend's end of a lane, in a test's hands: what the frontend sends, and answers to it.</summary>
internal sealed class FarEnd : ILaneHandler, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Channel<ISessionMessage> _messages = Channel.CreateUnbounded<ISessionMessage>();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lane _lane;

    private FarEnd(Socket socket, Lane near)
    {
        _lane = new Lane(socket, near.Peer, NullLogger.Instance);
        Near = near;
        _lane.Start(this);
    }

    /// <summary>The frontend's end.</summary>
    public Lane Near { get; }

    public static FarEnd To(Address node)
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(listener.LocalEndPoint!);
        return new FarEnd(listener.Accept(), new Lane(socket, new UniqueAddress(node, 1), NullLogger.Instance));
    }

    public void OnFrame(byte kind, ReadOnlySpan<byte> payload) => _messages.Writer.TryWrite(GatewayFrames.ReadMessage(kind, payload));

    public void OnClosed()
    {
        _messages.Writer.TryComplete();
        _closed.TrySetResult();
    }

    /// <summary>The lane has ended.</summary>
    public Task Closed => _closed.Task;

    public async Task<T> GetsAsync<T>()
        where T : ISessionMessage
    {
        try
        {
            return Assert.IsType<T>(await _messages.Reader.ReadAsync().AsTask().WaitAsync(Limit));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Not within {Limit.TotalSeconds} s: a {typeof(T).Name} on the lane.");
        }
    }

    public void Reply(RequestReply reply, bool fromElsewhere = false) =>
        _lane.TrySend(fromElsewhere ? GatewayFrames.ReplyFromElsewhere : GatewayFrames.Reply, reply, GatewayFrames.WriteReply);

    public void Dispose() => _lane.Dispose();
}
