using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Pomegranate.Http;

namespace Pomegranate.Backend.Server;

/// <summary>The TLS of the client's connection to its frontend, where the client's certificate has been checked too.</summary>
internal sealed class TlsFeature(TlsFacts facts, string protocol) : ITlsConnectionFeature, ITlsHandshakeFeature, ITlsApplicationProtocolFeature
{
    private X509Certificate2? _certificate;
    private bool _isRead;

    public X509Certificate2? ClientCertificate
    {
        get
        {
            if (!_isRead)
            {
                _isRead = true;
                _certificate = facts.ClientCertificate.IsEmpty ? null : X509CertificateLoader.LoadCertificate(facts.ClientCertificate.Span);
            }

            return _certificate;
        }

        set
        {
            _isRead = true;
            _certificate = value;
        }
    }

    /// <summary>What the handshake brought: the frontend does not ask for another one in the midst of a request.</summary>
    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);

    public SslProtocols Protocol => (SslProtocols)facts.Protocol;

    public TlsCipherSuite? NegotiatedCipherSuite => facts.CipherSuite;

    public string HostName => facts.ServerName;

#pragma warning disable SYSLIB0058 // Apps may still read them.
    public CipherAlgorithmType CipherAlgorithm => (CipherAlgorithmType)facts.Algorithms[0];

    public int CipherStrength => facts.Algorithms[1];

    public HashAlgorithmType HashAlgorithm => (HashAlgorithmType)facts.Algorithms[2];

    public int HashStrength => facts.Algorithms[3];

    public ExchangeAlgorithmType KeyExchangeAlgorithm => (ExchangeAlgorithmType)facts.Algorithms[4];

    public int KeyExchangeStrength => facts.Algorithms[5];
#pragma warning restore SYSLIB0058

    public ReadOnlyMemory<byte> ApplicationProtocol => (HttpProtocol.IsHttp2(protocol) ? SslApplicationProtocol.Http2
        : HttpProtocol.IsHttp3(protocol) ? SslApplicationProtocol.Http3 : SslApplicationProtocol.Http11).Protocol;
}
