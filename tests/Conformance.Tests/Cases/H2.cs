using System.Buffers.Binary;
using System.Text;

namespace Pomegranate.Conformance.Cases;

/// <summary>HTTP/2's frames (RFC 9113 section 4) and header blocks (RFC 7541), well-formed and otherwise.</summary>
internal static class H2
{
    public const byte EndStream = 0x1;
    public const byte EndHeaders = 0x4;
    public const byte Padded = 0x8;
    public const byte WithPriority = 0x20;

    /// <summary>The names that a request needs.</summary>
    private static readonly string[] Pseudo = [":method", ":scheme", ":path", ":authority"];

    public static byte[] Frame(int type, int flags, uint stream, params ReadOnlySpan<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, ((uint)payload.Length << 8) | (uint)type);
        frame[4] = (byte)flags;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsSpan(9));
        return frame;
    }

    public static byte[] Data(uint stream, string text, int flags = EndStream) => Frame(0, flags, stream, Encoding.Latin1.GetBytes(text));

    /// <summary>A request's whole head.</summary>
    public static byte[] Headers(uint stream, byte[] block, int flags = EndStream | EndHeaders) => Frame(1, flags, stream, block);

    public static byte[] Priority(uint stream, uint on, byte weight = 15) => Frame(2, 0, stream, [.. Big(on), weight]);

    public static byte[] Reset(uint stream, uint code = 8) => Frame(3, 0, stream, Big(code));

    public static byte[] Settings(params (int Id, uint Value)[] settings) => Frame(4, 0, 0, [.. settings.SelectMany(s => new[] { (byte)(s.Id >> 8), (byte)s.Id }.Concat(Big(s.Value)))]);

    public static byte[] Ping(string eightBytes) => Frame(6, 0, 0, Encoding.ASCII.GetBytes(eightBytes));

    public static byte[] GoAway(uint last, uint code, uint stream = 0) => Frame(7, 0, stream, [.. Big(last), .. Big(code)]);

    public static byte[] WindowUpdate(uint stream, uint increment) => Frame(8, 0, stream, Big(increment));

    public static byte[] Continuation(uint stream, byte[] block, int flags = EndHeaders) => Frame(9, flags, stream, block);

    /// <summary>A request's header block.</summary>
    /// <param name="line">Method and path.</param>
    /// <param name="more">Further fields, "name: value", as they are.</param>
    public static byte[] Request(string line, params string[] more)
    {
        var parts = line.Split(' ');
        string[] values = [parts[0], "http", parts[1], "shop.test"];
        return Block([.. Pseudo.Zip(values, (name, value) => $"{name}: {value}"), .. more]);
    }

    /// <summary>Fields as literals that are not indexed, without Huffman's code.</summary>
    public static byte[] Block(params string[] fields) => [.. fields.SelectMany(field =>
    {
        // A name may begin with a colon, or be empty.
        var colon = field.StartsWith(": ", StringComparison.Ordinal) ? 0 : field.IndexOf(": ", StringComparison.Ordinal);
        return (byte[])[0, .. Text(field[..colon]), .. Text(field[(colon + 2)..])];
    })];

    private static byte[] Text(string text) => text.Length < 127
        ? [(byte)text.Length, .. Encoding.Latin1.GetBytes(text)]
        : [127, .. Integer(text.Length - 127), .. Encoding.Latin1.GetBytes(text)];

    private static IEnumerable<byte> Integer(int rest)
    {
        for (; rest >= 128; rest /= 128)
        {
            yield return (byte)((rest % 128) + 128);
        }

        yield return (byte)rest;
    }

    private static byte[] Big(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
