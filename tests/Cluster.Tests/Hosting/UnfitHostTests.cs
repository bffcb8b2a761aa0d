using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pomegranate.ClusterTests.Harness;
using Pomegranate.Management;

namespace Pomegranate.ClusterTests.Hosting;

/// <summary>A host that cannot be a backend says so and what to do; one that is not meant to be stays out of the cluster.</summary>
public sealed class UnfitHostTests
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["Pomegranate:Cluster:Hostname"] = "127.0.0.1",
        ["Pomegranate:Cluster:Port"] = "0",
        ["Pomegranate:Cluster:Seeds:0"] = "127.0.0.1:1",
        ["Pomegranate:Management:Port"] = "0",
    };

    [Fact]
    public Task Worker_WithoutAWebApplication_IsRefused()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(Settings);
        builder.Logging.ClearProviders();
        builder.AddPomegranateBackend();

        return AssertRefusedAsync(builder.Build(), "has no web application", "WebApplication.CreateBuilder(args)");
    }

    [Fact]
    public async Task Worker_WithoutSeeds_Runs()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.AddPomegranateBackend();
        using var host = builder.Build();

        await host.StartAsync().For("a worker's start");
        await host.StopAsync().For("a worker's stop");
    }

    [Fact]
    public Task ServerOfTheAppsOwn_IsRefused()
    {
        var builder = NewBuilder();
        builder.AddPomegranateBackend();
        builder.Services.AddSingleton<IServer, OwnServer>();

        return AssertRefusedAsync(builder.Build(), typeof(OwnServer).FullName!, "Pomegranate:Cluster:Seeds:0");
    }

    [Fact]
    public Task KestrelAfterTheLineOfAStartup_IsRefused() => AssertRefusedAsync(
        Host.CreateDefaultBuilder()
            .ConfigureLogging(log => log.ClearProviders())
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(Settings))
            .ConfigureWebHostDefaults(web => web.UseStartup<VariantApp.WithLine>().UseKestrel())
            .Build(),
        "KestrelServerImpl", "on the host's builder");

    [Fact]
    public async Task WebHost_IsRefused()
    {
#pragma warning disable ASPDEPR004, ASPDEPR008 // Old, and still in use.
        using var host = new WebHostBuilder()
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(Settings))
            .UseKestrel()
            .UseStartup<VariantApp.WithLine>()
            .Build();
#pragma warning restore ASPDEPR004, ASPDEPR008

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync().For("a refusal"));

        Assert.Contains("ConfigureWebHostDefaults", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HostThatIsBuiltOtherwise_IsRefused()
    {
        var builder = NewBuilder();
        builder.AddPomegranateBackend();
        await using var services = builder.Services.BuildServiceProvider();
        var line = services.GetServices<IHostedService>().Single(service => service.GetType().Namespace!.StartsWith("Pomegranate", StringComparison.Ordinal));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => line.StartAsync(default));

        Assert.Contains("services.AddPomegranateBackend(configuration)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EmptySeed_IsNone()
    {
        var builder = NewBuilder();
        builder.AddPomegranateBackend();
        builder.Configuration["Pomegranate:Cluster:Seeds:0"] = "";
        await using var app = builder.Build();

        Assert.Contains("Kestrel", app.Services.GetRequiredService<IServer>().GetType().Name, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BuiltAndNeverStarted_OpensNothing()
    {
        var builder = NewBuilder();
        builder.AddPomegranateBackend();
        await using var app = builder.Build();

        Assert.Null(app.Services.GetRequiredService<ManagementEndpoint>().Address);
        Assert.Null(app.Services.GetRequiredService<ManagedNode>().FindSystem());
    }

    private static WebApplicationBuilder NewBuilder()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(Settings);
        builder.Logging.ClearProviders();
        return builder;
    }

    private static async Task AssertRefusedAsync(IHost host, params string[] words)
    {
        using (host)
        {
            var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync().For("a refusal"));

            Assert.All(words, word => Assert.Contains(word, failure.Message, StringComparison.Ordinal));
        }
    }

    private sealed class OwnServer : IServer
    {
        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
            where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}
