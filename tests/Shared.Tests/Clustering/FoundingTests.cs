using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pomegranate.Clustering;

namespace Pomegranate.Shared.Tests.Clustering;

public sealed class FoundingTests
{
    private readonly int _port = FreePort.Next();

    [Fact]
    public void TheFirstSeed_WaitsLongerForAClusterThatRunsBeforeItFoundsOne() =>
        Assert.Equal(TimeSpan.FromSeconds(5), SeedNodeTimeout($"127.0.0.1:{_port}", "127.0.0.1:9"));

    [Fact]
    public void AnotherSeed_FoundsNoneAndAsksAgainSoon() =>
        Assert.Equal(TimeSpan.FromSeconds(2), SeedNodeTimeout("127.0.0.1:9", $"127.0.0.1:{_port}"));

    private TimeSpan? SeedNodeTimeout(params string[] seeds)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(
        [
            new("Pomegranate:Cluster:Hostname", "127.0.0.1"),
            new("Pomegranate:Cluster:Port", $"{_port}"),
            .. seeds.Select((seed, i) => KeyValuePair.Create($"Pomegranate:Cluster:Seeds:{i}", (string?)seed)),
        ]);
        builder.Services.AddPomegranateNode(builder.Configuration, NodeRole.Lighthouse);
        using var host = builder.Build();
        using var system = host.Services.GetRequiredService<ActorSystem>();
        return Cluster.Get(system).Settings.SeedNodeTimeout;
    }
}
