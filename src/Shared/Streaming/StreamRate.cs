using System.Buffers;
using Pomegranate.Wire;

namespace Pomegranate.Streaming;

/// <summary>Of which body a rate is.</summary>
internal enum RateKind : byte
{
    RequestBody = 1,
    Response = 2,
}

/// <summary>How slow the app lets a request's client be, said on the request's stream.</summary>
/// <param name="BytesPerSecond">Null for no limit.</param>
/// <param name="Grace">For how long it may be slower.</param>
internal sealed record StreamRate(RateKind Kind, double? BytesPerSecond, TimeSpan Grace)
{
    public byte[] ToBytes()
    {
        var buffer = new ArrayBufferWriter<byte>(32);
        var writer = new WireWriter(buffer);
        writer.Byte((byte)Kind);
        writer.Bool(BytesPerSecond is not null);
        writer.Int64(BitConverter.DoubleToInt64Bits(BytesPerSecond ?? 0));
        writer.Int64(Grace.Ticks);
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="WireFormatException">The bytes are no rate.</exception>
    public static StreamRate Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var kind = (RateKind)reader.Byte();
        var hasLimit = reader.Bool();
        var perSecond = BitConverter.Int64BitsToDouble(reader.Int64());
        var grace = new TimeSpan(reader.Int64());
        reader.End();
        return kind is RateKind.RequestBody or RateKind.Response && (!hasLimit || (perSecond > 0 && grace > TimeSpan.FromSeconds(1)))
            ? new StreamRate(kind, hasLimit ? perSecond : null, grace)
            : throw new WireFormatException($"A rate of kind {(byte)kind}, {perSecond} bytes a second and {grace} of grace is none.");
    }
}
