using Pomegranate.Lanes;
using Pomegranate.Wire;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Gateway;

/// <summary>
/// <see cref="GatewayProtocol"/> on a lane of <see cref="LaneChannel.Requests"/>: a frame's kind is what the manifest is
/// to remoting, and its payload is the message in the bytes of <see cref="GatewaySerializer"/>.
/// </summary>
internal static class GatewayFrames
{
    /// <summary>The answer of a session on the node at the lane's other end.</summary>
    public const byte Reply = 48;

    /// <summary>The answer of a session whose home is on yet another node: the frontend forgets what it believed.</summary>
    public const byte ReplyFromElsewhere = 49;

    public static readonly LaneWrite<ISessionMessage> WriteMessage = static (writer, message) => GatewaySerializer.Write(writer, message);

    public static readonly LaneWrite<RequestReply> WriteReply = static (writer, reply) => GatewaySerializer.Write(writer, reply);

    /// <summary>16 run, 17 the same in doubt, 18 with a path base, 19 find, 20 cancel, 21 run on this node.</summary>
    public static byte KindOf(ISessionMessage message) => (byte)(LaneFrame.FirstOfChannel + GatewaySerializer.KindOf(message));

    /// <exception cref="WireFormatException">The frame is no message to a session.</exception>
    public static ISessionMessage ReadMessage(byte kind, ReadOnlySpan<byte> payload)
    {
        var reader = new WireReader(payload);
        var message = GatewaySerializer.ReadMessage(ref reader, unchecked((byte)(kind - LaneFrame.FirstOfChannel)));
        reader.End();
        return message;
    }

    /// <exception cref="WireFormatException">The frame is no answer.</exception>
    public static RequestReply ReadReply(byte kind, ReadOnlySpan<byte> payload) => kind is Reply or ReplyFromElsewhere
        ? GatewaySerializer.ReplyOf(payload)
        : throw new WireFormatException($"A frame of kind {kind} is no answer that this build knows.");
}
