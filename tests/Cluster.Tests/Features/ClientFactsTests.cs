using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Pomegranate.ClusterTests.Edge;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Features;

/// <summary>What the frontend knows of its client's connection, as the app sees it.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class ClientFactsTests(SharedCluster shared) : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pomegranate-facts-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("127.0.0.0/8", "/team|/site|X-Forwarded-Prefix=/team")]
    [InlineData("10.0.0.0/8", "|/site|X-Forwarded-Prefix=")]
    public async Task ForwardedPrefix_OfATrustedProxy_IsInThePathBase(string trusted, string expected)
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Pomegranate:Gateway:TrustedProxies:0", trusted));
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = browser.Path(context => context.Response.WriteAsync(
            $"{context.Request.PathBase}|/{context.Request.Path.Value!.Split('/')[^1]}|X-Forwarded-Prefix={context.Request.Headers["X-Forwarded-Prefix"]}"));
        using var request = new HttpRequestMessage(HttpMethod.Get, path + "/site");
        request.Headers.Add("X-Forwarded-Prefix", "/team");

        Assert.Equal(expected, (await browser.SendAsync(request)).Ok());
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Tls_HandshakeAndClientCertificate_AreTheConnections(string version)
    {
        using var server = new TestCertificate();
        using var client = ClientCertificate();
        var pfx = Path.Combine(_directory.FullName, "tls.pfx");
        server.WritePfx(pfx, "a password");
        using var certificate = X509CertificateLoader.LoadPkcs12FromFile(pfx, "a password");
        await using var frontend = await shared.Cluster.StartFrontendAsync(
            builder => builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https =>
            {
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.AllowAnyClientCertificate();

                // Kestrel notes the name that a client asks for only where it may choose by it.
                https.ServerCertificateSelector = (_, _) => certificate;
            })),
            ("Kestrel:Endpoints:Https:Url", $"https://127.0.0.1:{FreePort.Next()}"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = browser.Path(async context =>
        {
            var tls = context.Features.GetRequiredFeature<ITlsHandshakeFeature>();
            var shown = await context.Connection.GetClientCertificateAsync();
            await context.Response.WriteAsync($"{tls.Protocol} {tls.NegotiatedCipherSuite} {tls.HostName} {shown?.Thumbprint ?? "none"}");
        });

        foreach (var shows in new[] { false, true })
        {
            SslProtocols protocol = default;
            TlsCipherSuite suite = default;
            using var handler = new SocketsHttpHandler { UseProxy = false };
            handler.SslOptions.RemoteCertificateValidationCallback = (sender, _, _, errors) =>
            {
                protocol = ((SslStream)sender).SslProtocol;
                suite = ((SslStream)sender).NegotiatedCipherSuite;
                return errors != SslPolicyErrors.RemoteCertificateNotAvailable;
            };
            if (shows)
            {
                handler.SslOptions.ClientCertificates = [client];
            }

            using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(frontend.Address, path))
            {
                Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            request.Headers.Host = "shop.example";
            using var response = await http.SendAsync(request);

            Assert.Equal($"{protocol} {suite} shop.example {(shows ? client.Thumbprint : "none")}", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task ConnectionItems_AreThereForSchemesThatAskForThem()
    {
        using var browser = shared.Cluster.NewBrowser();

        var answer = await browser.RunAsync(context =>
        {
            var items = context.Features.GetRequiredFeature<IConnectionItemsFeature>().Items;
            items["scheme"] = "state";
            context.Features.GetRequiredFeature<IPersistentStateFeature>().State["mine"] = 1;
            return $"{items["scheme"]} {context.Features.GetRequiredFeature<IConnectionIdFeature>().ConnectionId == context.Connection.Id}";
        });

        Assert.Equal("state True", answer.Ok());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public async Task Reset_OverHttp2_ClientSeesTheAppsErrorCode(int flushed)
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(("Kestrel:EndpointDefaults:Protocols", "Http2"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = browser.Path(async context =>
        {
            if (flushed > 0)
            {
                context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
                await context.Response.Body.WriteAsync(new byte[flushed]);
                await context.Response.Body.FlushAsync();
            }

            context.Features.GetRequiredFeature<IHttpResetFeature>().Reset(11);
        });

        var failure = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var response = await browser.BeginAsync(new(HttpMethod.Get, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact });
            await response.Content.ReadAsByteArrayAsync();
        });

        Assert.Equal(11, (failure as HttpProtocolException ?? failure.InnerException as HttpProtocolException ?? failure.InnerException?.InnerException as HttpProtocolException)?.ErrorCode);
    }

    private static X509Certificate2 ClientCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=a client", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
