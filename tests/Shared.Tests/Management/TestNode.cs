using System.Net;
using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pomegranate.Clustering;
using Pomegranate.Management;

namespace Pomegranate.Tests;

/// <summary>A real node in this process: actor system and management endpoint, both on ports the system chooses.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly IHost _host;

    private TestNode(IHost host)
    {
        _host = host;
        Http = new HttpClient { BaseAddress = Endpoint, Timeout = TimeSpan.FromSeconds(20) };
    }

    public HttpClient Http { get; }

    public Uri Endpoint => _host.Services.GetRequiredService<ManagementEndpoint>().Address!;

    public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public string Address => Cluster.Get(System).SelfAddress.ToString();

    /// <summary>A host that is built but not started.</summary>
    /// <param name="seed">Whom it joins; without one it joins when told to, for nobody answers at its seed.</param>
    public static IHost Build(
        string role = NodeRole.Lighthouse, Action<IServiceCollection>? configure = null, int managementPort = 0, TestNode? seed = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Pomegranate:Cluster:NodeName"] = "test",
            ["Pomegranate:Cluster:Hostname"] = "127.0.0.1",
            ["Pomegranate:Cluster:Port"] = "0",

            ["Pomegranate:Cluster:Seeds:0"] = seed is null ? "127.0.0.1:1" : $"127.0.0.1:{Cluster.Get(seed.System).SelfAddress.Port}",
            ["Pomegranate:Cluster:AcceptableHeartbeatPause"] = "00:00:01",

            // No test outlasts it, so unreachable stays unreachable until a test downs it.
            ["Pomegranate:Cluster:SplitBrainStableAfter"] = "00:01:00",

            // The proof of death would remove the crashed node before the operator does.
            ["Pomegranate:Cluster:ProofOfDeath"] = "false",
            ["Pomegranate:Management:Port"] = managementPort.ToString(global::System.Globalization.CultureInfo.InvariantCulture),
        });
        builder.Services.AddManagementEndpoint(builder.Configuration);
        builder.Services.AddPomegranateNode(builder.Configuration, role);
        configure?.Invoke(builder.Services);
        return builder.Build();
    }

    public static async Task<TestNode> StartAsync(
        string role = NodeRole.Lighthouse, Action<IServiceCollection>? configure = null, TestNode? seed = null)
    {
        var host = Build(role, configure, seed: seed);
        await host.StartAsync();
        return new TestNode(host);
    }

    /// <summary>Two nodes that are Up and see each other so.</summary>
    public static async Task<(TestNode First, TestNode Second)> StartPairAsync(Action<IServiceCollection>? configure = null)
    {
        var first = await StartAsync(NodeRole.Backend, configure);
        await first.JoinAsync(first);
        await first.AwaitMembersUpAsync(1);
        var second = await StartAsync(NodeRole.Frontend, seed: first);
        await first.AwaitMembersUpAsync(2);
        await second.AwaitMembersUpAsync(2);
        return (first, second);
    }

    /// <summary>
    /// Asks as an operator would. A join of another node that is not done in two seconds goes back to the node's own seeds
    /// (<c>retry-unsuccessful-join-after</c>): a test that needs it done starts the node with the other as its seed.
    /// </summary>
    public async Task JoinAsync(TestNode other)
    {
        var (status, body) = await SendAsync(HttpMethod.Post, "/cluster/members", ("address", other.Address));
        Assert.True(status == HttpStatusCode.OK, body.ToString());
    }

    public Task AwaitMembersUpAsync(int count) => Eventually.AwaitAsync(
        $"{Address} sees {count} members, all Up",
        async () => (await GetAsync("/cluster/members")).Body["members"]!.AsArray(),
        members => members.Count == count && members.All(member => member!["status"]!.ToString() == "Up"));

    public Task<(HttpStatusCode Status, JsonObject Body)> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<(HttpStatusCode Status, JsonObject Body)> SendAsync(HttpMethod method, string path, (string Name, string Value)? field = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (field is var (name, value))
        {
            request.Content = new FormUrlEncodedContent([new(name, value)]);
        }

        using var response = await Http.SendAsync(request);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject());
    }

    /// <summary>Ends the node as a crash would: without leaving.</summary>
    public async Task CrashAsync()
    {
        var system = (ExtendedActorSystem)System;
        system.Abort();
        await system.WhenTerminated;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.StopAsync();
        _host.Dispose();
    }
}
