using Pomegranate.Wire;

namespace Pomegranate.Lanes;

/// <summary>What takes the frames of one lane.</summary>
internal interface ILaneHandler
{
    /// <summary>
    /// A frame has come. Called on the lane's read loop, one frame after the other: what blocks here holds up all that
    /// follows. What it throws closes the lane.
    /// </summary>
    /// <param name="payload">Valid until the call returns.</param>
    /// <exception cref="WireFormatException">The frame is none of the channel's.</exception>
    void OnFrame(byte kind, ReadOnlySpan<byte> payload);

    /// <summary>The lane has ended; called once, after the last frame.</summary>
    void OnClosed();
}
