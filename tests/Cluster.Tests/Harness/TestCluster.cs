using System.Globalization;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.DistributedData;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Clustering;
using Pomegranate.Management;
using Pomegranate.Sessions;

namespace Pomegranate.ClusterTests.Harness;

/// <summary>
/// A whole cluster in this process: a lighthouse, two backends with <see cref="TestApp"/> or an app of the tests' own, a
/// frontend. Real remoting, real Kestrel, ports that the system chose.
/// </summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly Dictionary<string, string?> _settings;
    private readonly AppBuilder _app;
    private readonly List<WebApplication> _more = [];
    private IHost _lighthouse = null!;

    private TestCluster(Dictionary<string, string?> settings, AppBuilder? app)
    {
        _settings = settings;
        _app = app ?? ((named, configure) => TestApp.Build(Code, named, configure));
    }

    /// <summary>Builds a backend's app: it takes these settings, calls this, then <c>AddPomegranateBackend</c>.</summary>
    public delegate WebApplication AppBuilder(IEnumerable<KeyValuePair<string, string?>> settings, Action<WebApplicationBuilder> configure);

    public AppCode Code { get; } = new();

    public MovableClock Clock { get; } = new();

    public EndedSessions Ended { get; } = new();

    public NodeLog Log { get; } = new();

    public WebApplication[] Backends { get; private set; } = [];

    public TestFrontend Frontend { get; private set; } = null!;

    /// <param name="settings">For every node.</param>
    public static Task<TestCluster> StartAsync(params IEnumerable<(string Key, string Value)> settings) => StartAsync(null, settings);

    /// <param name="app">What the backends run; null for <see cref="TestApp"/>.</param>
    public static async Task<TestCluster> StartAsync(AppBuilder? app, IEnumerable<(string Key, string Value)> settings)
    {
        var cluster = new TestCluster(new()
        {
            ["Pomegranate:Cluster:Hostname"] = "127.0.0.1",
            ["Pomegranate:Cluster:Port"] = "0",
            ["Pomegranate:Management:Port"] = "0",

            // A busy machine must not lose a member: it would end the process, which is the test run.
            ["Pomegranate:Cluster:AcceptableHeartbeatPause"] = "00:00:30",
        }, app);
        foreach (var (key, value) in settings)
        {
            cluster._settings[key] = value;
        }

        await cluster.StartNodesAsync();
        return cluster;
    }

    /// <summary>What makes a host a node of this cluster, of this name.</summary>
    public KeyValuePair<string, string?>[] SettingsOf(string node) => [.. Named(node)];

    /// <summary>A client of its own, with cookies.</summary>
    public Browser NewBrowser(TestFrontend? frontend = null) => new(this, frontend ?? Frontend);

    /// <summary>A client whose session is homed on the backend of this name.</summary>
    public async Task<Browser> NewBrowserHomedOnAsync(string node)
    {
        // Ids are random, so half the sessions are: a hundred in vain mean that none ever will be.
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var browser = NewBrowser();
            if (await browser.NodeOfNewSessionAsync() == node)
            {
                return browser;
            }

            browser.Dispose();
        }

        throw new InvalidOperationException($"None of 100 sessions was homed on {node}.");
    }

    /// <summary>One more frontend, with settings of its own.</summary>
    public Task<TestFrontend> StartFrontendAsync(params IEnumerable<(string Key, string Value)> settings) => TestFrontend.StartAsync(
        [.. Named("frontend"), .. settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))], Log);

    /// <summary>One more frontend, whose host the test configures itself.</summary>
    public Task<TestFrontend> StartFrontendAsync(Action<WebApplicationBuilder> configure, params IEnumerable<(string Key, string Value)> settings) => TestFrontend.StartAsync(
        [.. Named("frontend"), .. settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))], Log, configure);

    /// <summary>For each backend: whether its replica has an entry for the session that the app knows by this id.</summary>
    public Task<bool[]> ReplicasKnowingAsync(string id) => Task.WhenAll(Backends.Select(async backend =>
    {
        var replicator = DistributedData.Get(backend.Services.GetNodeSystem()).Replicator;
        var keys = await replicator.Ask<GetKeysIdsResult>(Dsl.GetKeyIds).For("the keys of a replica");
        foreach (var key in SessionBuckets.NumbersOf(keys.Keys).Select(SessionBuckets.KeyOf))
        {
            var found = await replicator.Ask<IGetResponse>(Dsl.Get(key, ReadLocal.Instance)).For($"the bucket {key}");
            if (found.IsSuccessful && found.Get(key).Entries.Any(entry => PublicSessionId.Of(entry.Key) == id))
            {
                return true;
            }
        }

        return false;
    }));

    /// <summary>For each backend: whether its replica has an entry for the session with this cookie.</summary>
    public Task<bool[]> ReplicasWithAsync(string sessionId) => ReplicasWithAsync(sessionId, Backends);

    /// <summary>The same, of these backends.</summary>
    public static Task<bool[]> ReplicasWithAsync(string sessionId, IEnumerable<WebApplication> backends)
    {
        Assert.True(SessionId.TryParse(sessionId, out var id), sessionId);
        return Task.WhenAll(backends.Select(async backend =>
        {
            var key = SessionBuckets.KeyOf(id);
            var replicator = DistributedData.Get(backend.Services.GetNodeSystem()).Replicator;
            var found = await replicator.Ask<IGetResponse>(Dsl.Get(key, ReadLocal.Instance)).For($"the bucket of session {id}");
            return found.IsSuccessful && found.Get(key).Entries.Any(entry => entry.Key == id);
        }));
    }

    /// <summary>
    /// As a process that is killed: the actor system ends at once and says good-bye to nobody; its sockets close. What the
    /// app was doing it does no more for anybody. Returns when the frontend knows of it.
    /// </summary>
    public Task KillAsync(string node) => KillAsync(Backends[int.Parse(node["backend-".Length..], CultureInfo.InvariantCulture) - 1]);

    /// <summary>The same, of a backend of <see cref="StartBackendAsync"/> too.</summary>
    public async Task KillAsync(WebApplication backend)
    {
        var system = (ExtendedActorSystem)backend.Services.GetNodeSystem();
        var address = Akka.Cluster.Cluster.Get(system).SelfAddress;
        var seen = Akka.Cluster.Cluster.Get(Frontend.Services.GetNodeSystem());

        // Downed, it would end a process that does not stop by itself soon; this one is the test run's.
        ((ApplicationLifetime)backend.Services.GetRequiredService<IHostApplicationLifetime>()).NotifyStopped();
        system.Abort();
        await Await.UntilAsync(
            $"{address} removed from the cluster", () => Task.FromResult(seen.State.Members), members => members.All(m => m.Address != address));
    }

    /// <summary>A frontend whose further settings come from a file, which may change.</summary>
    public Task<TestFrontend> StartFrontendAsync(string settingsFile) => TestFrontend.StartAsync(
        Named("frontend"), Log, builder => builder.Configuration.AddJsonFile(settingsFile, optional: false, reloadOnChange: true));

    /// <summary>One more backend, with settings of its own. It is stopped with the cluster, if not before.</summary>
    public async Task<WebApplication> StartBackendAsync(string name, params IEnumerable<(string Key, string Value)> settings)
    {
        var backend = BuildBackend(name, settings);
        _more.Add(backend);
        await backend.StartAsync().For($"{name} in the cluster. {Log}");
        return backend;
    }

    /// <summary>Stops a backend of <see cref="StartBackendAsync"/> before the cluster.</summary>
    public async Task StopBackendAsync(WebApplication backend)
    {
        Assert.True(_more.Remove(backend));
        await backend.StopAsync().For($"a backend's stop. {Log}");
        await backend.DisposeAsync();
    }

    /// <summary>Ends a node that has nothing more to do as a process that is killed: it need not hand over, nor wait for others.</summary>
    public static async Task EndAsync(IHost node)
    {
        // See KillAsync.
        ((ApplicationLifetime)node.Services.GetRequiredService<IHostApplicationLifetime>()).NotifyStopped();
        ((ExtendedActorSystem)node.Services.GetNodeSystem()).Abort();
        try
        {
            await node.StopAsync(new CancellationToken(canceled: true));
        }
        catch (Exception)
        {
            // It could not stop in no time.
        }

        await ((IAsyncDisposable)node).DisposeAsync();
    }

    /// <summary>Ends all at once, where many nodes that leave one after the other would take long.</summary>
    public async Task EndAllAsync(params IEnumerable<IHost> others)
    {
        await Frontend.DisposeAsync();
        await Task.WhenAll(others.Concat(Backends).Concat(_more).Append(_lighthouse).Select(EndAsync));
    }

    /// <summary>Without a farewell: a node that leaves has the others take over what it holds, which takes seconds and is tested elsewhere.</summary>
    public async ValueTask DisposeAsync() => await EndAllAsync();

    private async Task StartNodesAsync()
    {
        _lighthouse = await StartLighthouseAsync();
        var seed = Akka.Cluster.Cluster.Get(_lighthouse.Services.GetNodeSystem()).SelfAddress;
        _settings["Pomegranate:Cluster:Seeds:0"] = $"{seed.Host}:{seed.Port}";

        Backends = [BuildBackend("backend-1"), BuildBackend("backend-2")];
        await Task.WhenAll(Backends.Select(backend => backend.StartAsync())).For($"two backends in the cluster. {Log}");
        Frontend = await StartFrontendAsync();

        // A frontend opens with the first backend that takes sessions; tests expect both.
        var region = ClusterSharding.Get(Frontend.Services.GetNodeSystem()).ShardRegionProxy(AppName.ShardTypeOf(AppName.Default));
        await Await.UntilAsync("both backends take sessions", () => CountAsync(region), regions => regions == Backends.Length);
    }

    /// <summary>How many backends take sessions; 0 where the coordinator is not there yet to say it.</summary>
    private static async Task<int> CountAsync(IActorRef region)
    {
        try
        {
            return (await region.Ask<CurrentRegions>(GetCurrentRegions.Instance, TimeSpan.FromSeconds(1))).Regions.Count;
        }
        catch (AskTimeoutException)
        {
            return 0;
        }
    }

    private async Task<IHost> StartLighthouseAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);

        // Its own address is not known before it has started: it founds the cluster when told to.
        builder.Configuration.AddInMemoryCollection([.. Named("lighthouse"), new("Pomegranate:Cluster:Seeds:0", "127.0.0.1:1")]);
        builder.Logging.AddProvider(Log);
        builder.Services.AddPomegranateNode(builder.Configuration, NodeRole.Lighthouse);
        builder.Services.AddManagementEndpoint(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync().For("the lighthouse's start");
        var cluster = Akka.Cluster.Cluster.Get(host.Services.GetNodeSystem());
        await cluster.JoinAsync(cluster.SelfAddress).For("a lighthouse that is up");
        return host;
    }

    private WebApplication BuildBackend(string name, params IEnumerable<(string Key, string Value)> settings) => _app([.. Named(name), .. settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))], builder =>
    {
        builder.Logging.AddProvider(Log);
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton<ISessionEndedHandler>(Ended);
    });

    private IEnumerable<KeyValuePair<string, string?>> Named(string node) => [.. _settings, new("Pomegranate:Cluster:NodeName", node)];
}
