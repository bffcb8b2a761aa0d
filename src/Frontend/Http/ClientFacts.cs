using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Http;

namespace Pomegranate.Frontend.Http;

/// <summary>What Kestrel and the trusted proxies know of a client, put into words for the session's home.</summary>
internal sealed class ClientFacts(IServer server, IOptions<GatewayOptions> options)
{
    private static readonly ConnectionFacts Nothing = new();

    /// <summary>Below 0 until Kestrel has addresses. Read once: it has none while it opens an endpoint again.</summary>
    private int _httpsPort = -1;

    public ConnectionFacts Of(HttpContext context)
    {
        var prefix = context.Request.PathBase.Value ?? "";
        var tls = TlsOf(context.Features);
        var port = HttpsPort();
        return prefix.Length == 0 && tls is null && port == 0 ? Nothing : new ConnectionFacts { Prefix = prefix, HttpsPort = port, Tls = tls };
    }

    private static TlsFacts? TlsOf(IFeatureCollection features)
    {
        if (features.Get<ITlsHandshakeFeature>() is not { } handshake)
        {
            return null;
        }

        // Not asked for where the handshake has not brought it: that would be another handshake, in the midst of a request.
        var certificate = features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        return new TlsFacts
        {
            Protocol = (int)handshake.Protocol,
            CipherSuite = handshake.NegotiatedCipherSuite,
            ServerName = handshake.HostName ?? "",
            Algorithms = AlgorithmsOf(handshake),
            ClientCertificate = certificate?.RawDataMemory ?? default,
        };
    }

#pragma warning disable SYSLIB0058 // Apps may still read them.
    private static int[] AlgorithmsOf(ITlsHandshakeFeature handshake) =>
    [
        (int)handshake.CipherAlgorithm, handshake.CipherStrength,
        (int)handshake.HashAlgorithm, handshake.HashStrength,
        (int)handshake.KeyExchangeAlgorithm, handshake.KeyExchangeStrength,
    ];
#pragma warning restore SYSLIB0058

    private int HttpsPort()
    {
        if (options.Value.HttpsPort is { } named)
        {
            return named;
        }

        var known = Volatile.Read(ref _httpsPort);
        if (known < 0 && server.Features.Get<IServerAddressesFeature>()?.Addresses is { Count: > 0 } addresses)
        {
            // As the app's own UseHttpsRedirection would choose: one port, or none where there are several to choose from.
            int[] ports = [.. addresses
                .Where(address => address.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
                .Select(address => BindingAddress.Parse(address).Port).Distinct()];
            known = ports is [var one] ? one : 0;
            Volatile.Write(ref _httpsPort, known);
        }

        return Math.Max(known, 0);
    }
}
