using Pomegranate.EndToEnd.Tests.Harness;
using Xunit.Abstractions;

namespace Pomegranate.EndToEnd.Tests.Failover;

/// <summary>
/// 50 sessions count through both frontends while nodes die in every way. Nothing may fail, nothing acknowledged may be
/// lost, nothing may run twice; the pauses are reported, not asserted.
/// </summary>
[Collection("cluster")]
public class FailoverTests(ITestOutputHelper output)
{
    private const int Nodes = 6;

    [Fact]
    public async Task Kill9_EachBackendInTurn_NothingFailsNothingIsLost()
    {
        await using var cluster = await ClusterProcess.StartAsync();
        await using var load = new CounterLoad(cluster.Frontends);
        await load.AwaitProgressAsync(30);
        foreach (var backend in cluster.Backends)
        {
            var role = await cluster.CoordinatorAsync() == backend.Name ? " (shard coordinator)" : "";
            load.ResetPauses();
            cluster.Kill(backend.Name);
            await load.AwaitProgressAsync(20);
            output.WriteLine(load.Report($"kill -9 {backend.Name}{role}"));
            load.AssertNoViolation();

            await cluster.RestartAsync(backend.Name);
            await cluster.AwaitMembersAsync(Nodes);
            await load.AwaitProgressAsync(20);
            output.WriteLine(load.Report($"{backend.Name} back"));
        }

        load.AssertNoViolation();
    }

    [Fact]
    public async Task Sigstop_OfABackend_NothingFailsNothingIsLost()
    {
        await using var cluster = await ClusterProcess.StartAsync();
        await using var load = new CounterLoad(cluster.Frontends);
        await load.AwaitProgressAsync(30);

        load.ResetPauses();
        cluster.Hang("backend2");
        await load.AwaitProgressAsync(20);
        output.WriteLine(load.Report("SIGSTOP backend2"));
        load.AssertNoViolation();

        // It wakes up in a cluster that has gone on without it, and must not serve its old state.
        cluster.Resume("backend2");
        await cluster.AwaitDeadAsync("backend2");
        await load.AwaitProgressAsync(20);
        await cluster.RestartAsync("backend2");
        await cluster.AwaitMembersAsync(Nodes);
        await load.AwaitProgressAsync(20);
        load.AssertNoViolation();
    }

    [Fact]
    public async Task RollingRestart_OfBackendsAndFrontends_NothingFailsNothingIsLost()
    {
        await using var cluster = await ClusterProcess.StartAsync();
        await using var load = new CounterLoad(cluster.Frontends);
        await load.AwaitProgressAsync(30);
        foreach (var node in cluster.Nodes.Where(n => n.Role is "backend" or "frontend"))
        {
            load.ResetPauses();
            cluster.Stop(node.Name);
            await cluster.AwaitDeadAsync(node.Name);
            await load.AwaitProgressAsync(10);
            output.WriteLine(load.Report($"SIGTERM {node.Name}"));
            await cluster.RestartAsync(node.Name);
            await cluster.AwaitMembersAsync(Nodes);
            await load.AwaitProgressAsync(10);
            load.AssertNoViolation();
        }
    }
}
