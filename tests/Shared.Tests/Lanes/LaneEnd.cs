using System.Threading.Channels;
using Pomegranate.Lanes;
using Pomegranate.Shared.Tests.Liveness;

namespace Pomegranate.Shared.Tests.Lanes;

/// <summary>One end of a lane, in a test's hands: what has come, and whether it has ended.</summary>
internal sealed class LaneEnd(Lane lane) : ILaneHandler
{
    private readonly Channel<(byte Kind, byte[] Payload)> _frames = Channel.CreateUnbounded<(byte, byte[])>();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Lane Lane { get; } = lane;

    /// <summary>What the handler does before it notes a frame.</summary>
    public Action<byte> OnFrameFirst { get; set; } = _ => { };

    public Task Closed => _closed.Task;

    public static LaneEnd Start(Lane lane)
    {
        var end = new LaneEnd(lane);
        lane.Start(end);
        return end;
    }

    public void OnFrame(byte kind, ReadOnlySpan<byte> payload)
    {
        OnFrameFirst(kind);
        _frames.Writer.TryWrite((kind, payload.ToArray()));
    }

    public void OnClosed()
    {
        _frames.Writer.TryComplete();
        _closed.TrySetResult();
    }

    public LaneSending Send(byte kind, params byte[] payload) => Lane.TrySend(kind, payload, static (writer, bytes) => writer.Bytes(bytes));

    public Task<(byte Kind, byte[] Payload)> NextAsync() => _frames.Reader.ReadAsync().AsTask().Within("a frame");
}
