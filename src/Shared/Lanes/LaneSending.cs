namespace Pomegranate.Lanes;

/// <summary>What became of a message that was given to a lane.</summary>
internal enum LaneSending
{
    /// <summary>It leaves with what else has gathered. Whether it arrives is known only from an answer.</summary>
    Sent,

    /// <summary>The lane is closed. The message has not left.</summary>
    Closed,

    /// <summary>The other side does not read as fast as this one writes (<see cref="Lane.MaxUnsent"/>). The message has not left.</summary>
    Full,

    /// <summary>No frame is that long (<see cref="LaneFrame.MaxPayload"/>). The message has not left.</summary>
    TooLong,
}
