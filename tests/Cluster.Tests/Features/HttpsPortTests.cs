using System.Net;
using Microsoft.AspNetCore.Builder;
using Pomegranate.ClusterTests.Edge;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Features;

/// <summary>An unmodified <c>UseHttpsRedirection</c> leads to where the site speaks HTTPS.</summary>
public sealed class HttpsPortTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pomegranate-https-");
    private OwnApp _app = null!;

    public async Task InitializeAsync() => _app = await OwnApp.StartAsync(_ => { }, app => app.UseHttpsRedirection());

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task HttpRequest_FrontendSpeaksHttpsToo_IsRedirectedThere()
    {
        using var certificate = new TestCertificate();
        var pfx = Path.Combine(_directory.FullName, "tls.pfx");
        certificate.WritePfx(pfx, "a password");
        var (http, https) = (FreePort.Next(), FreePort.Next());

        await using var frontend = await _app.Cluster.StartFrontendAsync(
            ("Kestrel:Endpoints:Http:Url", $"http://127.0.0.1:{http}"),
            ("Kestrel:Endpoints:Https:Url", $"https://127.0.0.1:{https}"),
            ("Kestrel:Certificates:Default:Path", pfx),
            ("Kestrel:Certificates:Default:Password", "a password"));

        Assert.Equal($"https://shop.example:{https}", await LocationAsync(frontend));
    }

    [Theory]
    [InlineData("443", "https://shop.example")]
    [InlineData("0", null)]
    public async Task HttpRequest_OperatorNamesThePort_IsRedirectedThereOrNotAtAll(string port, string? expected)
    {
        await using var frontend = await _app.Cluster.StartFrontendAsync(("Pomegranate:Gateway:HttpsPort", port));

        Assert.Equal(expected, await LocationAsync(frontend));
    }

    private async Task<string?> LocationAsync(TestFrontend frontend)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(30) };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(frontend.Address, _app.Path(context => context.Response.WriteAsync("run"))));
        request.Headers.Host = "shop.example";
        using var response = await http.SendAsync(request);
        Assert.Equal(response.Headers.Location is null ? HttpStatusCode.OK : HttpStatusCode.TemporaryRedirect, response.StatusCode);
        return response.Headers.Location?.GetLeftPart(UriPartial.Authority);
    }
}
