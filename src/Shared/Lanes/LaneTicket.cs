namespace Pomegranate.Lanes;

/// <summary>Where a node takes lanes, on the host of its cluster address, and the secret that opens them.</summary>
/// <param name="Incarnation">The process that listens.</param>
internal sealed record LaneTicket(int Port, long Incarnation, Guid Secret) : LaneProtocol.IMessage;
