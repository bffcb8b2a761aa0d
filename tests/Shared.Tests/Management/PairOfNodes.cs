using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Cluster.Sharding;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Management;
using Pomegranate.Sessions;
using Pomegranate.Tests;

namespace Pomegranate.Shared.Tests.Management;

/// <summary>A backend with sharded sessions and an inspector, and a frontend with the proxy; shared by tests that only look.</summary>
public sealed class PairOfNodes : IAsyncLifetime
{
    internal static readonly SessionId Known = SessionId.NewRandom();

    internal TestNode Backend { get; private set; } = null!;

    internal TestNode Frontend { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        (Backend, Frontend) = await TestNode.StartPairAsync(services => services.AddSingleton<ISessionInspector, Inspector>());
        var region = ClusterSharding.Get(Backend.System).Start(
            "session", Props.Create<Echo>(), ClusterShardingSettings.Create(Backend.System), new Extractor());
        ClusterSharding.Get(Frontend.System).StartProxy("session", "backend", new Extractor());
        foreach (var id in (string[])["a1", "a2", "b1"])
        {
            await region.Ask<string>(id, TimeSpan.FromSeconds(20));
        }
    }

    public async Task DisposeAsync()
    {
        await Frontend.DisposeAsync();
        await Backend.DisposeAsync();
    }

    private sealed class Inspector : ISessionInspector
    {
        public Task<JsonObject?> FindAsync(SessionId id, CancellationToken cancellationToken) =>
            Task.FromResult(id == Known ? new JsonObject { ["id"] = id.ToString(), ["bytes"] = 12 } : null);

        public Task<long> CountAsync(CancellationToken cancellationToken) => Task.FromResult(7L);
    }

    private sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }

    private sealed class Extractor : IMessageExtractor
    {
        public string EntityId(object message) => (string)message;

        public object EntityMessage(object message) => message;

        public string ShardId(object message) => ((string)message)[..1];

        public string ShardId(string entityId, object? messageHint = null) => entityId[..1];
    }
}
