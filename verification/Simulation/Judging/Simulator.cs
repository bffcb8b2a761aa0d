using Pomegranate.Campaign.Checking;
using Pomegranate.Simulation.Backends;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Plans;
using Pomegranate.Simulation.Rules;
using Pomegranate.Simulation.Stories;

namespace Pomegranate.Simulation.Judging;

/// <summary>Runs one schedule, and judges its history with the campaign's checker.</summary>
internal static class Simulator
{
    private const long LongestRun = 300 * Span.Second;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(40);

    public static SimulationResult Run(Plan plan, RuleSet rules, SeededBug bug = SeededBug.None, Story? story = null)
    {
        var world = new World(rules.KnowsDisks ? plan : plan with { HasDisks = false }, rules, bug, story);
        Form(world);
        new FaultDriver(world).Schedule();
        world.Clients.Start();
        world.RunUntil(LongestRun);
        var violations = HistoryChecker.Check(world.Clients.History, AnswerWithin)
            .Where(violation => !IsExcused(world, violation))
            .Concat(world.Clients.Stuck.Select(session => new Violation(
                ViolationKind.NotWhole, SessionTable.NameOf(session), world.Now / 1000.0, 0, "not served again after everything was healed")))
            .ToList();
        return new SimulationResult(plan, violations, world.Clients.History, world.Coverage, world.Events, world.Now);
    }

    private static bool IsExcused(World world, Violation violation)
    {
        if (violation.Kind is not (ViolationKind.LostWrite or ViolationKind.LostSession or ViolationKind.WentBack))
        {
            return false;
        }

        var (session, at) = (int.Parse(violation.Session![1..], System.Globalization.CultureInfo.InvariantCulture), violation.At * 1000);
        if (violation.Register is { } number && world.Oracle.IsLateWrite(session, at, number))
        {
            world.Count("late write of a request without an answer");
            return true;
        }

        return world.Oracle.IsExcused(session, at);
    }

    /// <summary>A cluster that is there since long: all are Up, all replicas complete, all shards at home.</summary>
    private static void Form(World world)
    {
        ulong up = 0;
        var numbers = new byte[Gossip.Most];
        for (var host = 0; host < world.Plan.Hosts; host++)
        {
            if (host != world.Plan.Spare)
            {
                up |= world.Begin(host).Bit;
            }
        }

        // The lighthouse came first, the others in any order.
        var order = new Rng(Rng.Mix(world.Plan.Seed, 4));
        numbers[0] = 1;
        var rest = world.Processes.Skip(1).Select(process => process.Id).OrderBy(_ => order.Next()).ToList();
        for (var i = 0; i < rest.Count; i++)
        {
            numbers[rest[i]] = (byte)(i + 2);
        }

        var gossip = new Gossip { Up = up, UpNumber = numbers, Seen = up };
        var backends = up & world.BackendBits;
        var homes = Enumerable.Range(0, world.Sessions.Count).Select(shard => Coordinator.BestOf(world, shard, backends)).ToArray();
        var state = new Messages.ShardState(1, homes, backends);
        foreach (var process in world.Processes)
        {
            process.Members.Formed(gossip);
        }

        foreach (var process in world.Processes)
        {
            process.Rules.OnFormed();
            process.Backend?.Coordinator.Formed(state);
            process.Backend?.IsRegisteredAlready();
            for (var shard = 0; shard < homes.Length; shard++)
            {
                process.Gateway?.Formed(shard, homes[shard]);
                if (homes[shard] == process.Id)
                {
                    process.Backend!.Formed(shard);
                }
            }
        }

        foreach (var process in world.Processes)
        {
            process.Backend?.OnRules();
            process.MembersChanged();
        }
    }
}
