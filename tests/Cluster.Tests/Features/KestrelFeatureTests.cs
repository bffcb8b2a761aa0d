using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pomegranate.ClusterTests.Edge;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Features;

/// <summary>Every feature interface that Kestrel offers a request is there for a forwarded one too, or the docs name it.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class KestrelFeatureTests(SharedCluster shared) : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pomegranate-features-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("1.1", false)]
    [InlineData("2.0", false)]
    [InlineData("1.1", true)]
    [InlineData("2.0", true)]
    public async Task EachFeatureOfKestrel_IsThereOrNamedInTheDocs(string version, bool tls)
    {
        using var certificate = new TestCertificate();
        var pfx = Path.Combine(_directory.FullName, "tls.pfx");
        certificate.WritePfx(pfx, "a password");
        var protocols = tls ? HttpProtocols.Http1AndHttp2 : version == "2.0" ? HttpProtocols.Http2 : HttpProtocols.Http1;
        await using var kestrel = await KestrelAsync(protocols, tls ? pfx : null);
        await using var frontend = await shared.Cluster.StartFrontendAsync(
            ("Kestrel:Endpoints:Own:Url", $"{(tls ? "https" : "http")}://127.0.0.1:{FreePort.Next()}"),
            ("Kestrel:Endpoints:Own:Protocols", protocols.ToString()),
            ("Kestrel:Certificates:Default:Path", pfx),
            ("Kestrel:Certificates:Default:Password", "a password"));
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = browser.Path(context => context.Response.WriteAsync(Names(context)));

        var onKestrel = await GetAsync(new(AddressOf(kestrel.Services), "/"), version);
        var inCluster = await GetAsync(new(frontend.Address, path), version);

        Assert.Contains("IHttpRequestFeature", inCluster);
        var docs = await File.ReadAllTextAsync(Docs("conformance.md"));
        var missing = onKestrel.Except(inCluster).ToList();
        Assert.Equal([], missing.Where(name => !docs.Contains($"`{name}`", StringComparison.Ordinal)));
    }

    private static string Docs(string file)
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var path = Path.Combine(directory.FullName, "docs", file);
            if (File.Exists(path))
            {
                return path;
            }
        }

        throw new FileNotFoundException($"docs/{file} is not above {AppContext.BaseDirectory}.");
    }

    /// <summary>The public feature interfaces for which the request has something.</summary>
    private static string Names(HttpContext context) => string.Join(' ', AppDomain.CurrentDomain.GetAssemblies()
        .Where(assembly => assembly.GetName().Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal))
        .SelectMany(assembly => assembly.GetExportedTypes())
        .Where(type => type.IsInterface && type.Name.EndsWith("Feature", StringComparison.Ordinal) && context.Features[type] is not null)
        .Select(type => type.Name));

    private static async Task<string[]> GetAsync(Uri address, string version)
    {
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) => errors != SslPolicyErrors.RemoteCertificateNotAvailable;
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Version = Version.Parse(version), VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadAsStringAsync()).Split(' ');
    }

    private static async Task<WebApplication> KestrelAsync(HttpProtocols protocols, string? pfx)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            if (pfx is not null)
            {
                listen.UseHttps(X509CertificateLoader.LoadPkcs12FromFile(pfx, "a password"));
            }
        }));
        var app = builder.Build();
        app.MapGet("/", context => context.Response.WriteAsync(Names(context)));
        await app.StartAsync();
        return app;
    }

    private static Uri AddressOf(IServiceProvider services) =>
        new(services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
}
