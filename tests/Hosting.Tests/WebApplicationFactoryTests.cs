using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Hosting.Server;

namespace Pomegranate.Hosting.Tests;

/// <summary>An app's own tests run it alone, also where its settings name a cluster.</summary>
public sealed class WebApplicationFactoryTests
{
    [Fact]
    public async Task AppWithSeeds_RunsAloneWithSessionsInMemory()
    {
        await using var factory = new Factory();
        using var http = factory.CreateClient();

        Assert.Contains("\"n\":1", await http.GetStringAsync("/counter"), StringComparison.Ordinal);
        Assert.Contains("\"n\":2", await http.GetStringAsync("/counter"), StringComparison.Ordinal);
        Assert.IsType<TestServer>(factory.Services.GetRequiredService<IServer>());
    }

    [Fact]
    public async Task SecondFactoryOfTheSameProcess_RunsToo()
    {
        // The first one's subscriptions must not have an effect on the second's host.
        await using var first = new Factory();
        await using var second = first.WithWebHostBuilder(web => web.UseSetting("Another", "setting"));
        using var one = first.CreateClient();
        using var other = second.CreateClient();

        Assert.Equal(HttpStatusCode.OK, (await one.GetAsync("/plain")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/plain")).StatusCode);
    }

    [Fact]
    public async Task FactoryWithKestrel_RunsAloneOnKestrel()
    {
        await using var factory = new Factory();
        factory.UseKestrel(0);
        using var http = factory.CreateClient();

        Assert.Contains("\"n\":1", await http.GetStringAsync("/counter"), StringComparison.Ordinal);
        Assert.Contains("\"n\":2", await http.GetStringAsync("/counter"), StringComparison.Ordinal);
        Assert.Contains("Kestrel", factory.Services.GetRequiredService<IServer>().GetType().Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FactoryWithAServerOfItsOwnMaking_RunsAlone()
    {
        await using var factory = new FactoryOfServers();
        using var http = factory.CreateClient();

        Assert.Contains("\"n\":1", await http.GetStringAsync("/counter"), StringComparison.Ordinal);
    }

    /// <summary>The Portal, as its developer would try it.</summary>
    private class Factory : WebApplicationFactory<Portal.Pages.IndexModel>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder) =>
            builder.ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection([new("Pomegranate:Cluster:Seeds:0", "127.0.0.1:1")]));
    }

    private sealed class FactoryOfServers : Factory
    {
        protected override TestServer CreateServer(IServiceProvider serviceProvider) => base.CreateServer(serviceProvider);
    }
}
