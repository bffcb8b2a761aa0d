using System.Runtime.InteropServices;
using Pomegranate.LocalCluster.CommandLine;
using Pomegranate.LocalCluster.Control;
using Pomegranate.LocalCluster.Output;
using Pomegranate.LocalCluster.Plan;
using Pomegranate.LocalCluster.Processes;
using Spectre.Console;

namespace Pomegranate.LocalCluster.Running;

/// <summary>One run from beginning to end: plan, start, wait, obey, clean up.</summary>
internal static class LocalClusterRun
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(2);

    /// <returns>The exit code: 0 after a run somebody ended, 1 where the cluster did not come up.</returns>
    public static async Task<int> RunAsync(LocalClusterOptions options)
    {
        PosixSignals.HeedInterrupt();
        using var quit = new CancellationTokenSource();
        using var impatient = new CancellationTokenSource();
        var signals = Signals(options.Headless).Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            (quit.IsCancellationRequested ? impatient : quit).Cancel();
        })).ToList();
        try
        {
            var repository = Repository.Find();
            var plan = ClusterPlan.Create(options, repository);
            using var nodes = new NodeSet(plan);
            foreach (var node in nodes.Nodes.Where(_ => options.From is not null))
            {
                node.Program = repository.From(options.From!.FullName, node.Spec.Program);
            }

            try
            {
                await RunAsync(options, plan, nodes, repository, quit.Token);
            }
            finally
            {
                // From here on a signal means: do not wait for the nodes to leave.
                await quit.CancelAsync();
                Terminal.Say("Stopping the nodes.");
                await nodes.StopAllAsync(impatient.Token);
            }

            return 0;
        }
        catch (OperationCanceledException) when (quit.IsCancellationRequested)
        {
            return 0;
        }
        catch (LocalClusterException exception)
        {
            Terminal.Fail(exception.Message);
            return 1;
        }
        finally
        {
            signals.ForEach(signal => signal.Dispose());
        }
    }

    private static async Task RunAsync(LocalClusterOptions options, ClusterPlan plan, NodeSet nodes, Repository repository, CancellationToken quit)
    {
        using var http = new HttpClient { Timeout = AnswerWithin };
        var state = new StateFile(options.State, nodes);
        ShowPlan(plan);
        nodes.StartAll();
        await new Readiness(http).WaitAsync(nodes.Nodes, options.ReadyWithin, quit);
        state.Open();
        ShowWelcome(plan);

        var commands = new NodeCommands(nodes, new MemberTable(nodes, http), repository);
        var keys = !options.Headless && !Console.IsInputRedirected;
        if (keys)
        {
            Terminal.Say(KeyControl.Help);
        }

        await (keys ? KeyControl.RunAsync(commands, quit) : LineControl.RunAsync(commands, quit));
    }

    // A closed terminal ends an interactive run. A headless one leaves SIGHUP as it found it: ignored, under nohup.
    private static PosixSignal[] Signals(bool headless) => headless
        ? [PosixSignal.SIGINT, PosixSignal.SIGTERM]
        : [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];

    private static void ShowPlan(ClusterPlan plan)
    {
        var table = new Table().RoundedBorder().AddColumns("", "node", "takes HTTP", "management", "cluster");
        for (var i = 0; i < plan.Nodes.Count; i++)
        {
            var node = plan.Nodes[i];
            table.AddRow($"{i + 1}", node.Name, $"{node.Http?.GetLeftPart(UriPartial.Authority)}", node.Management.Authority, node.Address);
        }

        Terminal.Table(table);
        foreach (var port in plan.TakenPorts)
        {
            Terminal.Say($"Port {port} is taken: see the table for the one used instead.");
        }
    }

    private static void ShowWelcome(ClusterPlan plan) => Terminal.Say(
        $"All {plan.Nodes.Count} nodes are ready: {string.Join(" and ", plan.Nodes.Where(node => node.Http is not null).Select(node => node.Http))}");
}
