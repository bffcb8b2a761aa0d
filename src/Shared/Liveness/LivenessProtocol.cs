namespace Pomegranate.Liveness;

/// <summary>
/// What the liveness actors of two nodes say to each other. Liveness ports are exchanged by message, not
/// configuration, so that the system may choose them.
/// </summary>
internal static class LivenessProtocol
{
    /// <summary>Every message of this protocol; bound to <see cref="LivenessSerializer"/>.</summary>
    internal interface IMessage;

    /// <summary>Asks a node for its liveness port. Answered by <see cref="PortIs"/>.</summary>
    internal sealed record WherePort : IMessage
    {
        public static readonly WherePort Instance = new();
    }

    /// <summary>Where a node can be watched.</summary>
    /// <param name="Port">The TCP port, on the host of the node's own cluster address.</param>
    /// <param name="Incarnation">The answering process, so that an answer from a predecessor is not believed.</param>
    internal sealed record PortIs(int Port, long Incarnation) : IMessage;
}
