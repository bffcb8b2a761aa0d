using System.Buffers;
using System.Net;
using System.Net.Security;
using Pomegranate.Http;
using Pomegranate.Wire;

namespace Pomegranate.Gateway;

/// <summary>
/// The bytes of <see cref="ConnectionFacts"/>: a count, then for each fact its tag and its bytes. A tag that a build does
/// not know is passed over, so a later build can tell more without another manifest.
/// </summary>
/// <remarks>
/// <code>
/// tag  bytes
/// 1    prefix, UTF-8
/// 2    HTTPS port:varint
/// 3    protocol:varint  has cipher suite:bool  cipher suite:varint  server name:string  algorithms: 6 x varint
/// 4    client certificate, DER
/// </code>
/// </remarks>
internal static class FactsFormat
{
    private const byte PrefixTag = 1;
    private const byte HttpsPortTag = 2;
    private const byte TlsTag = 3;
    private const byte CertificateTag = 4;

    public static void Write(WireWriter writer, ConnectionFacts facts)
    {
        var hasCertificate = facts.Tls is { ClientCertificate.IsEmpty: false };
        writer.Count((facts.Prefix.Length > 0 ? 1 : 0) + (facts.HttpsPort > 0 ? 1 : 0) + (facts.Tls is null ? 0 : 1) + (hasCertificate ? 1 : 0));
        if (facts.Prefix.Length > 0)
        {
            writer.Byte(PrefixTag);
            writer.String(facts.Prefix);
        }

        if (facts.HttpsPort > 0)
        {
            writer.Byte(HttpsPortTag);
            WriteBytes(writer, facts.HttpsPort, static (port, value) => port.Count(value));
        }

        if (facts.Tls is { } tls)
        {
            writer.Byte(TlsTag);
            WriteBytes(writer, tls, static (fact, value) =>
            {
                fact.Count(value.Protocol);
                fact.Bool(value.CipherSuite is not null);
                fact.Count((int)value.CipherSuite.GetValueOrDefault());
                fact.String(value.ServerName);
                foreach (var algorithm in value.Algorithms)
                {
                    fact.Count(algorithm);
                }
            });
            if (hasCertificate)
            {
                writer.Byte(CertificateTag);
                writer.Bytes(tls.ClientCertificate.Span);
            }
        }
    }

    public static ConnectionFacts Read(ref WireReader reader)
    {
        var facts = new ConnectionFacts();
        ReadOnlyMemory<byte> certificate = default;
        for (var left = reader.Count(2); left > 0; left--)
        {
            var tag = reader.Byte();
            switch (tag)
            {
                case PrefixTag:
                    facts = facts with { Prefix = reader.String() };
                    break;
                case HttpsPortTag:
                    facts = facts with { HttpsPort = ReadPort(reader.Bytes()) };
                    break;
                case TlsTag:
                    facts = facts with { Tls = ReadTls(reader.Bytes()) };
                    break;
                case CertificateTag:
                    certificate = reader.Bytes();
                    break;
                default:
                    // Of a later build.
                    reader.Bytes();
                    break;
            }
        }

        return facts.Tls is { } tls && !certificate.IsEmpty ? facts with { Tls = tls with { ClientCertificate = certificate } } : facts;
    }

    private static int ReadPort(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        var port = reader.VarInt();
        reader.End();
        return port <= IPEndPoint.MaxPort ? (int)port : throw new WireFormatException($"{port} is no port.");
    }

    private static TlsFacts ReadTls(byte[] bytes)
    {
        var reader = new WireReader(bytes);
        var protocol = (int)(reader.VarInt() & int.MaxValue);
        var hasSuite = reader.Bool();
        var suite = (TlsCipherSuite)(ushort)Math.Min(reader.VarInt(), ushort.MaxValue);
        var name = reader.String();
        var algorithms = new int[TlsFacts.AlgorithmCount];
        for (var i = 0; i < algorithms.Length; i++)
        {
            algorithms[i] = (int)Math.Min(reader.VarInt(), int.MaxValue);
        }

        reader.End();
        return new TlsFacts { Protocol = protocol, CipherSuite = hasSuite ? suite : null, ServerName = name, Algorithms = algorithms };
    }

    private static void WriteBytes<T>(WireWriter writer, T value, WriteFact<T> write)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        write(new WireWriter(buffer), value);
        writer.Bytes(buffer.WrittenSpan);
    }

    private delegate void WriteFact<T>(WireWriter writer, T value);
}
