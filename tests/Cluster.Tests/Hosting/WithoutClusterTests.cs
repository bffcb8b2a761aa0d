using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Backend;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Hosting;

/// <summary>Without seeds the app is in no cluster: Kestrel, and sessions in memory.</summary>
public sealed class WithoutClusterTests : IAsyncLifetime
{
    private readonly AppCode _code = new();
    private readonly WebApplication _app;
    private HttpClient _http = null!;

    public WithoutClusterTests() => _app = TestApp.Build(_code, [], builder => builder.WebHost.UseUrls("http://127.0.0.1:0"));

    public async Task InitializeAsync()
    {
        await _app.StartAsync().For("an app on Kestrel");
        var address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new(address) };
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
    }

    [Theory]
    [InlineData("exclusive")]
    [InlineData("usesession")]
    public async Task SessionKeepsItsAttributes(string path)
    {
        await RunAsync(path, http => http.Session.SetString("key", "value"));

        Assert.Equal("value", await RunAsync(path, http => http.Response.WriteAsync(http.Session.GetString("key") ?? "(none)")));
    }

    [Fact]
    public void ServerIsKestrel() => Assert.Contains("Kestrel", _app.Services.GetRequiredService<IServer>().GetType().Name, StringComparison.Ordinal);

    [Fact]
    public async Task NoPomegranateFeature()
    {
        Assert.Equal("True", await RunAsync(
            "exclusive", http => http.Response.WriteAsync($"{http.Features.Get<IPomegranateSessionFeature>() is null}")));
    }

    [Fact]
    public async Task RenewId_DoesNothing()
    {
        await RunAsync("exclusive", async http =>
        {
            http.Session.SetString("key", "value");
            await http.Session.RenewIdAsync();
        });

        Assert.Equal("value", await RunAsync("exclusive", http => http.Response.WriteAsync(http.Session.GetString("key") ?? "(none)")));
    }

    [Fact]
    public async Task Abandon_ClearsTheSession()
    {
        await RunAsync("exclusive", http => http.Session.SetString("key", "value"));
        await RunAsync("exclusive", http => http.Session.AbandonAsync());

        Assert.Equal("(none)", await RunAsync("exclusive", http => http.Response.WriteAsync(http.Session.GetString("key") ?? "(none)")));
    }

    private Task<string> RunAsync(string path, Action<HttpContext> code) => RunAsync(path, http =>
    {
        code(http);
        return Task.CompletedTask;
    });

    private async Task<string> RunAsync(string path, RequestDelegate code)
    {
        using var response = await _http.GetAsync(new Uri($"/{path}/{_code.Add(code)}", UriKind.Relative));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return text;
    }
}
