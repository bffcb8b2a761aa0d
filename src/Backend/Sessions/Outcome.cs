using System.Buffers;
using Pomegranate.Gateway;
using Pomegranate.Wire;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// What came of an exactly-once request: the proof that it has run, and the answer to whoever asks again.
/// <code>
/// outcome = revision:byte(1) number:varint frontend:uint64 request:varint answered:bool
///           keyed:bool [key:bytes target:bytes body:bytes] reply
/// </code>
/// The reply has the layout of <see cref="GatewaySerializer"/>'s <c>R1</c>. It is read only when it is asked for:
/// sessions with outcomes are looked through at each request. An unknown revision is a miss.
/// </summary>
/// <param name="Number">Counts the session's outcomes.</param>
/// <param name="Request">The request that ran.</param>
/// <param name="IsAnswered">Whether the answer is kept.</param>
/// <param name="Key">The client's key, null where the endpoint alone asks for an outcome.</param>
internal sealed record Outcome(ulong Number, RequestId Request, bool IsAnswered, IdempotencyKey? Key, ReadOnlyMemory<byte> ReplyBytes)
{
    private const byte Revision = 1;

    /// <summary>The answer, under the id of the request that ran.</summary>
    public RequestReply Reply => GatewaySerializer.ReplyOf(ReplyBytes.Span);

    /// <summary>An outcome that has no number yet.</summary>
    public static Outcome Of(RequestReply reply, IdempotencyKey? key) =>
        new(0, reply.RequestId, reply.Response is not null, key, GatewaySerializer.ToBytes(reply));

    /// <summary>The same without the answer: what is left when it is too long or too old.</summary>
    public Outcome WithoutAnswer() => this with
    {
        IsAnswered = false,
        ReplyBytes = GatewaySerializer.ToBytes(Unanswered(Reply)),
    };

    /// <summary>What a request is told that has run and has no answer to be given again.</summary>
    public static RequestReply Unanswered(RequestReply reply) => reply with
    {
        Kind = ReplyKind.Refused,
        Response = null,
        Status = 409,
        Reason = "The request has run, once, but its answer is not kept: it was too long, it was cut off, or others came after it "
            + "(Pomegranate:Session:MaxOutcomeBytes). It was not run again.",
    };

    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(ReplyBytes.Length + 96);
        var writer = new WireWriter(buffer);
        writer.Byte(Revision);
        writer.VarInt(Number);
        writer.UInt64(Request.Frontend);
        writer.VarInt(Request.Number);
        writer.Bool(IsAnswered);
        writer.Bool(Key is not null);
        Key?.Write(writer);
        buffer.Write(ReplyBytes.Span);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null for a revision that this build does not know.</summary>
    /// <exception cref="WireFormatException">The bytes are no outcome.</exception>
    public static Outcome? Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes.Span);
        if (reader.Byte() != Revision)
        {
            return null;
        }

        var number = reader.VarInt();
        var request = new RequestId(reader.UInt64(), reader.VarInt());
        var isAnswered = reader.Bool();
        var key = reader.Bool() ? IdempotencyKey.Read(ref reader) : null;
        return new(number, request, isAnswered, key, bytes[^reader.Remaining..]);
    }
}
