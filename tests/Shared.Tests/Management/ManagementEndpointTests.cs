using System.Net;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Pomegranate.Clustering;
using Pomegranate.Management;
using Pomegranate.Tests;

namespace Pomegranate.Shared.Tests.Management;

/// <summary>The endpoint's life: before the node's start, unready, ready, and on a port that is taken.</summary>
public sealed class ManagementEndpointTests
{
    [Fact]
    public async Task WhileAServiceWaitsForTheCluster_EveryRouteAnswers()
    {
        var waiting = new WaitingService();
        using var host = TestNode.Build(configure: services => services.AddSingleton<IHostedService>(waiting));
        var started = host.StartAsync();
        await waiting.IsWaiting.Task;
        using var http = new HttpClient { BaseAddress = host.Services.GetRequiredService<ManagementEndpoint>().Address };

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/alive")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/cluster/members")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/metrics")).StatusCode);
        Assert.False(started.IsCompleted);

        waiting.MayGoOn.SetResult();
        await started;
        await host.StopAsync();
    }

    [Fact]
    public async Task Ready_NamesEachCheck_AndFollowsMembership()
    {
        var isBroken = false;
        await using var node = await TestNode.StartAsync(configure: services => services.AddHealthChecks()
            .AddCheck("replica", () => isBroken ? HealthCheckResult.Unhealthy("3 of 4 pages") : HealthCheckResult.Degraded("slow"), ["ready"])
            .AddCheck("other", () => HealthCheckResult.Unhealthy("not asked")));

        var (status, body) = await node.GetAsync("/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("has not joined", body["checks"]![0]!["description"]!.ToString(), StringComparison.Ordinal);

        await node.JoinAsync(node);
        await node.AwaitMembersUpAsync(1);
        (status, body) = await node.GetAsync("/ready");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["cluster", "replica"], body["checks"]!.AsArray().Select(check => check!["name"]!.ToString()));
        Assert.Equal(["Healthy", "Degraded"], body["checks"]!.AsArray().Select(check => check!["status"]!.ToString()));

        isBroken = true;
        (status, body) = await node.GetAsync("/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Equal("3 of 4 pages", body["checks"]![1]!["description"]!.ToString());
    }

    [Fact]
    public async Task PortInUse_FailsTheStart_WithOptionAndRemedy()
    {
        await using var first = await TestNode.StartAsync();
        using var second = TestNode.Build(managementPort: first.Endpoint.Port);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => second.StartAsync());

        Assert.Contains($"Pomegranate:Management is '127.0.0.1:{first.Endpoint.Port}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("choose another Pomegranate:Management:Port", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", 0, null)]
    [InlineData("localhost", 65535, null)]
    [InlineData("::", 9110, null)]
    [InlineData("node1", 9110, "Pomegranate:Management:Host is 'node1'")]
    [InlineData("127.0.0.1", 65536, "Pomegranate:Management:Port is '65536'")]
    public void Options_AreChecked(string host, int port, string? failure)
    {
        var result = new ManagementOptionsValidator().Validate(null, new ManagementOptions { Host = host, Port = port });

        Assert.Equal(failure is null, result.Succeeded);
        Assert.Contains(failure ?? "", result.FailureMessage ?? "", StringComparison.Ordinal);
    }

    /// <summary>What a backend does that waits to join.</summary>
    private sealed class WaitingService : IHostedLifecycleService
    {
        public TaskCompletionSource IsWaiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource MayGoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task StartingAsync(CancellationToken cancellationToken)
        {
            IsWaiting.SetResult();
            return MayGoOn.Task;
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
