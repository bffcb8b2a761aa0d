using System.Text.Json.Nodes;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Clustering;
using Pomegranate.ClusterTests.Harness;
using Pomegranate.Management;

namespace Pomegranate.ClusterTests.Hosting;

/// <summary>However an app builds its host, the line makes it a backend.</summary>
public sealed class HostVariantTests(HostVariants variants) : IClassFixture<HostVariants>
{
    public static TheoryData<string> Names { get; } = [.. HostVariants.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task AddPomegranateBackend_AnyHost_ServesItsSessions(string variant)
    {
        using var browser = variants.Cluster.NewBrowser(variants.Frontend);

        Assert.Equal("1", await AskAsync(browser, $"/{variant}/count"));
        Assert.Equal("2", await AskAsync(browser, $"/{variant}/count"));
    }

    [Theory]
    [InlineData("slim-builder-and-akka-before")]
    [InlineData("lines-before-settings-and-akka")]
    public async Task AddAkka_OfTheApp_BothSystemsLive(string variant)
    {
        using var browser = variants.Cluster.NewBrowser(variants.Frontend);

        Assert.Equal("own hello", await AskAsync(browser, $"/{variant}/own"));
        Assert.Equal("pomegranate", variants.Hosts[variant].Services.GetNodeSystem().Name);
    }

    [Fact]
    public void ActorSystem_OfAnAppWithoutItsOwn_IsTheNodes()
    {
        var services = variants.Hosts["kestrel-after-and-health-checks"].Services;

        Assert.Same(services.GetNodeSystem(), services.GetRequiredService<ActorSystem>());
    }

    [Fact]
    public async Task HealthChecks_OfTheSameNames_AreTheAppsAlone()
    {
        using var browser = variants.Cluster.NewBrowser(variants.Frontend);

        Assert.Equal("backend=the app's cluster=the app's", await AskAsync(browser, "/kestrel-after-and-health-checks/health"));
    }

    [Fact]
    public async Task Ready_CountsTheAppsChecksToo()
    {
        var endpoint = variants.Hosts["kestrel-after-and-health-checks"].Services.GetRequiredService<ManagementEndpoint>();
        using var http = new HttpClient { BaseAddress = endpoint.Address };

        var ready = JsonNode.Parse(await http.GetStringAsync("/ready"))!;

        Assert.Equal("Degraded", ready["status"]!.ToString());
        Assert.Equal(["cluster", "backend", "cluster"], ready["checks"]!.AsArray().Select(check => check!["name"]!.ToString()));
    }

    private static async Task<string> AskAsync(Browser browser, string path) =>
        (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Get, path))).Ok();
}
