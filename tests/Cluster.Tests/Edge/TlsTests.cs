using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.ClusterTests.Harness;
using Pomegranate.Frontend.Edge;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>A frontend that speaks TLS itself, as Kestrel's own configuration tells it.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class TlsTests(SharedCluster shared) : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pomegranate-tls-");
    private readonly int _port = FreePort.Next();

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Https_AnswersWithTheCertificateInTheVersionAskedForAndTheCookieIsSecure(string version)
    {
        using var certificate = new TestCertificate();
        certificate.WritePem(PathOf("tls.crt"), PathOf("tls.key"));
        await using var frontend = await StartAsync(PemSettings());

        var seen = await TlsClient.GetAsync(PathThatBeginsASession(frontend), Version.Parse(version));

        Assert.Equal((HttpStatusCode.OK, Version.Parse(version), certificate.Thumbprint), (seen.Status, seen.Version, seen.Certificate));
        Assert.Contains("; secure", Assert.Single(seen.SetCookies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PemFilesReplaced_NewConnectionsGetTheNewCertificate()
    {
        using var old = new TestCertificate();
        using var renewed = new TestCertificate();
        old.WritePem(PathOf("tls.crt"), PathOf("tls.key"));
        await using var frontend = await StartAsync(PemSettings());
        Assert.Equal(old.Thumbprint, await TlsClient.CertificateAsync(frontend.Address));

        renewed.WritePem(PathOf("tls.crt"), PathOf("tls.key"));

        await AwaitAsync(renewed, frontend);
    }

    [Fact]
    public async Task PfxFileReplaced_NewConnectionsGetTheNewCertificate()
    {
        using var old = new TestCertificate();
        using var renewed = new TestCertificate();
        old.WritePfx(PathOf("tls.pfx"), "a password");
        await using var frontend = await StartAsync(
            ("Kestrel:Certificates:Default:Path", PathOf("tls.pfx")), ("Kestrel:Certificates:Default:Password", "a password"));
        Assert.Equal(old.Thumbprint, await TlsClient.CertificateAsync(frontend.Address));

        renewed.WritePfx(PathOf("tls.pfx"), "a password");

        await AwaitAsync(renewed, frontend);
    }

    [Fact]
    public async Task LinkOfTheDirectoryMoved_NewConnectionsGetTheNewCertificate()
    {
        // A mounted Kubernetes secret: the file is a link through a link, and the latter is what changes.
        using var old = new TestCertificate();
        using var renewed = new TestCertificate();
        _directory.CreateSubdirectory("first");
        _directory.CreateSubdirectory("second");
        old.WritePem(PathOf("first/tls.crt"), PathOf("first/tls.key"));
        renewed.WritePem(PathOf("second/tls.crt"), PathOf("second/tls.key"));
        Directory.CreateSymbolicLink(PathOf("data"), "first");
        File.CreateSymbolicLink(PathOf("tls.crt"), "data/tls.crt");
        File.CreateSymbolicLink(PathOf("tls.key"), "data/tls.key");
        await using var frontend = await StartAsync(PemSettings());
        Assert.Equal(old.Thumbprint, await TlsClient.CertificateAsync(frontend.Address));

        Directory.Delete(PathOf("data"));
        Directory.CreateSymbolicLink(PathOf("data"), "second");

        await AwaitAsync(renewed, frontend);
    }

    [Fact]
    public async Task BadFileThenAGoodOne_OldCertificateStaysUntilTheGoodOne()
    {
        using var old = new TestCertificate();
        using var renewed = new TestCertificate();
        old.WritePem(PathOf("tls.crt"), PathOf("tls.key"));
        await using var frontend = await StartAsync(PemSettings());

        await File.WriteAllTextAsync(PathOf("tls.crt"), "not a certificate");
        await Await.UntilAsync(
            "Kestrel's word on the bad certificate",
            () => Task.FromResult(shared.Cluster.Log.ToString()),
            log => log.Contains("Unable to reload configuration", StringComparison.Ordinal));
        Assert.Equal(old.Thumbprint, await TlsClient.CertificateAsync(frontend.Address));

        renewed.WritePem(PathOf("tls.crt"), PathOf("tls.key"));
        await AwaitAsync(renewed, frontend);
    }

    [Fact]
    public async Task ConfigurationNamesAnotherFile_NewConnectionsGetItsCertificate()
    {
        using var first = new TestCertificate();
        using var second = new TestCertificate();
        first.WritePem(PathOf("tls.crt"), PathOf("tls.key"));
        second.WritePem(PathOf("second.crt"), PathOf("second.key"));
        await using var frontend = await StartAsync(PemSettings());
        Assert.Equal(first.Thumbprint, await TlsClient.CertificateAsync(frontend.Address));

        var configuration = (IConfigurationRoot)frontend.Services.GetRequiredService<IConfiguration>();
        configuration["Kestrel:Certificates:Default:Path"] = PathOf("second.crt");
        configuration["Kestrel:Certificates:Default:KeyPath"] = PathOf("second.key");
        configuration.Reload();

        await AwaitAsync(second, frontend);
    }

    [Fact]
    public async Task Http3AskedFor_IsOfferedOrItsAbsenceIsLoggedAndHttp2Works()
    {
        using var certificate = new TestCertificate();
        certificate.WritePem(PathOf("tls.crt"), PathOf("tls.key"));
        var before = shared.Cluster.Log.Of(3002).Length;
        await using var frontend = await StartAsync([.. PemSettings(), ("Kestrel:EndpointDefaults:Protocols", "Http1AndHttp2AndHttp3")]);

        var seen = await TlsClient.GetAsync(frontend.Address, HttpVersion.Version20);

        Assert.Equal(HttpVersion.Version20, seen.Version);
        Assert.Equal(Http3Notice.IsSupported, seen.Headers.Contains("Alt-Svc"));
        Assert.Equal(Http3Notice.IsSupported ? 0 : 1, shared.Cluster.Log.Of(3002).Length - before);
    }

    [Fact]
    public async Task Http2WithoutTls_IsStillServed()
    {
        await using var frontend = await shared.Cluster.StartFrontendAsync(
            ("Kestrel:Endpoints:h2c:Url", $"http://127.0.0.1:{_port}"), ("Kestrel:Endpoints:h2c:Protocols", "Http2"));

        var seen = await TlsClient.GetAsync(PathThatBeginsASession(frontend), HttpVersion.Version20);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (seen.Status, seen.Version));
        Assert.DoesNotContain("secure", Assert.Single(seen.SetCookies), StringComparison.Ordinal);
    }

    private static Task<string> AwaitAsync(TestCertificate expected, TestFrontend frontend) => Await.UntilAsync(
        $"the certificate {expected.Thumbprint}", () => TlsClient.CertificateAsync(frontend.Address), seen => seen == expected.Thumbprint);

    private string PathOf(string file) => Path.Combine(_directory.FullName, file);

    private (string Key, string Value)[] PemSettings() =>
        [("Kestrel:Certificates:Default:Path", PathOf("tls.crt")), ("Kestrel:Certificates:Default:KeyPath", PathOf("tls.key"))];

    private Task<TestFrontend> StartAsync(params (string Key, string Value)[] settings) =>
        shared.Cluster.StartFrontendAsync([("Kestrel:Endpoints:Https:Url", $"https://127.0.0.1:{_port}"), .. settings]);

    private Uri PathThatBeginsASession(TestFrontend frontend)
    {
        using var browser = shared.Cluster.NewBrowser(frontend);
        return new(frontend.Address, browser.Path(http =>
        {
            http.Session.SetString("key", "value");
            return http.Response.WriteAsync(http.Request.Scheme);
        }));
    }
}
