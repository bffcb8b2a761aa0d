using System.Net.Security;
using System.Security.Authentication;

namespace Pomegranate.Http;

/// <summary>The TLS of the client's connection to the frontend.</summary>
internal sealed record TlsFacts
{
    /// <summary><see cref="SslProtocols"/>, whose newest a node may not know.</summary>
    public int Protocol { get; init; }

    public TlsCipherSuite? CipherSuite { get; init; }

    /// <summary>The name that the client asked for (SNI); empty for none.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>
    /// What the handshake's feature says beside the suite, under names that .NET has given up: cipher, hash and key exchange,
    /// an algorithm and its strength each.
    /// </summary>
    public int[] Algorithms { get; init; } = new int[AlgorithmCount];

    /// <summary>The client's certificate, DER; empty for none.</summary>
    public ReadOnlyMemory<byte> ClientCertificate { get; init; }

    public const int AlgorithmCount = 6;
}
