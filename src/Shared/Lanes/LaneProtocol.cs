namespace Pomegranate.Lanes;

/// <summary>
/// What nodes say to each other by actor message, so that a lane can be opened. A node of an earlier build has no
/// <see cref="LaneDesk"/>, which is found out by <see cref="Akka.Actor.Identify"/> before any of this is sent.
/// </summary>
internal static class LaneProtocol
{
    /// <summary>Every message of this protocol; bound to <see cref="LaneSerializer"/>.</summary>
    internal interface IMessage;

    /// <summary>Asks for the <see cref="LaneTicket"/>.</summary>
    internal sealed record WantTicket : IMessage
    {
        public static readonly WantTicket Instance = new();
    }
}
