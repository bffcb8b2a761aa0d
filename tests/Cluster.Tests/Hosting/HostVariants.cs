using Akka.Actor;
using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Hosting;

/// <summary>The ways in which apps build their hosts: each is a backend of an app of its own, behind one frontend.</summary>
public sealed class HostVariants : IAsyncLifetime
{
    /// <summary>Builds a host with these settings.</summary>
    internal delegate IHost Build(KeyValuePair<string, string?>[] settings, Action<ILoggingBuilder> log);

    private const string AllAtOnce = "all-at-once";

    /// <summary>How many hosts start at once: a start is mostly waiting.</summary>
    private const int AtOnce = 4;

    internal static readonly IReadOnlyDictionary<string, Build> All = new Dictionary<string, Build>
    {
        ["kestrel-after-and-health-checks"] = (settings, log) => Web(settings, log, builder =>
        {
            builder.Services.AddHealthChecks()
                .AddCheck("backend", () => HealthCheckResult.Healthy("the app's"))
                .AddCheck("cluster", () => HealthCheckResult.Degraded("the app's"), ["ready"]);
            builder.AddPomegranateBackend();
            builder.WebHost.UseKestrel(kestrel => kestrel.AddServerHeader = false).UseUrls("http://127.0.0.1:1");
        }),
        ["empty-builder-and-kestrel-core-after"] = (settings, log) => Web(WebApplication.CreateEmptyBuilder(new()), settings, log, builder =>
        {
            builder.Services.AddRouting();
            builder.AddPomegranateBackend();
            builder.WebHost.UseKestrelCore();
        }),
        ["slim-builder-and-akka-before"] = (settings, log) => Web(
            WebApplication.CreateSlimBuilder(), settings, log, builder => AddOwnAkka(builder).AddPomegranateBackend()),
        ["lines-before-settings-and-akka"] = (settings, log) => Web([], log, builder =>
        {
            ((IHostApplicationBuilder)builder).AddPomegranateBackend();
            builder.Host.AddPomegranateBackend();
            builder.AddPomegranateBackend().Services.AddPomegranateBackend(builder.Configuration);
            builder.Configuration.AddInMemoryCollection(settings);
            AddOwnAkka(builder);
        }),
        ["development"] = (settings, log) => Web(WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" }), settings, log, builder =>
        {
            // Here the container is checked when it is built.
            builder.Services.AddKeyedSingleton<ISampleService, SampleService>("before");
            builder.AddPomegranateBackend();
            builder.Services.AddRazorPages();
        }),
        ["own-container-of-host"] = (settings, log) => Web(settings, log, builder =>
        {
            builder.Host.AddPomegranateBackend();
            builder.Host.UseServiceProviderFactory(new OwnContainer());
        }),
        [AllAtOnce] = (settings, log) => Web(settings, log, builder =>
        {
            builder.Services.Configure<HostOptions>(host => host.ServicesStartConcurrently = host.ServicesStopConcurrently = true);
            builder.AddPomegranateBackend();
        }),
        ["startup-class"] = (settings, log) => Host.CreateDefaultBuilder()
            .AddPomegranateBackend()
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(settings))
            .ConfigureLogging(log)
            .ConfigureWebHostDefaults(web => web.UseStartup<VariantApp>())
            .Build(),
        ["startup-services"] = (settings, log) => Host.CreateDefaultBuilder()
            .ConfigureWebHostDefaults(web => web.UseStartup<VariantApp.WithLine>())
            .ConfigureAppConfiguration(configuration => configuration.AddInMemoryCollection(settings))
            .ConfigureLogging(log)
            .Build(),
    };

    internal TestCluster Cluster { get; private set; } = null!;

    internal TestFrontend Frontend { get; private set; } = null!;

    internal Dictionary<string, IHost> Hosts { get; } = [];

    public async Task InitializeAsync()
    {
        Cluster = await TestCluster.StartAsync();
        using var turns = new SemaphoreSlim(AtOnce);
        foreach (var (name, build) in All)
        {
            Hosts[name] = build([.. Cluster.SettingsOf(name), new("Pomegranate:Cluster:App", name)], log => log.ClearProviders().AddProvider(Cluster.Log));
        }

        await Task.WhenAll(Hosts.Select(async host =>
        {
            await turns.WaitAsync();
            try
            {
                await host.Value.StartAsync().For($"{host.Key} in the cluster. {Cluster.Log}");
            }
            finally
            {
                turns.Release();
            }
        }));
        Frontend = await Cluster.StartFrontendAsync(All.Keys.SelectMany(name => new[]
        {
            ($"Pomegranate:Apps:{name}:MaxAppRequests", "1000"),
            ($"ReverseProxy:Routes:{name}:ClusterId", name),
            ($"ReverseProxy:Routes:{name}:Match:Path", $"/{name}/{{**rest}}"),
            ($"ReverseProxy:Routes:{name}:Transforms:0:PathBase", $"/{name}"),
        }));
    }

    public async Task DisposeAsync()
    {
        await Frontend.DisposeAsync();

        // The one whose services stop all at once stops as it should.
        await Hosts[AllAtOnce].StopAsync().For("a stop of all services at once");
        await Cluster.EndAllAsync(Hosts.Values.Where(host => host != Hosts[AllAtOnce]));
        await ((IAsyncDisposable)Hosts[AllAtOnce]).DisposeAsync();
    }

    private static WebApplication Web(KeyValuePair<string, string?>[] settings, Action<ILoggingBuilder> log, Action<WebApplicationBuilder> configure) =>
        Web(WebApplication.CreateBuilder(), settings, log, configure);

    private static WebApplication Web(
        WebApplicationBuilder builder, KeyValuePair<string, string?>[] settings, Action<ILoggingBuilder> log, Action<WebApplicationBuilder> configure)
    {
        builder.Configuration.AddInMemoryCollection(settings);
        log(builder.Logging);
        configure(builder);
        var app = builder.Build();
        VariantApp.Map(app);
        return app;
    }

    private static WebApplicationBuilder AddOwnAkka(WebApplicationBuilder builder)
    {
        builder.Services.AddAkka("own", akka => akka.WithActors((system, registry) =>
            registry.Register<VariantApp.Echo>(system.ActorOf(Props.Create(() => new VariantApp.Echo()), "echo"))));
        return builder;
    }

    private interface ISampleService;

    private sealed class SampleService : ISampleService;

    /// <summary>A container of the app's own, such as Autofac's is.</summary>
    private sealed class OwnContainer : IServiceProviderFactory<OwnContainer.Builder>
    {
        public Builder CreateBuilder(IServiceCollection services) => new(services);

        public IServiceProvider CreateServiceProvider(Builder containerBuilder) => containerBuilder.Services.BuildServiceProvider();

        internal sealed record Builder(IServiceCollection Services);
    }
}
