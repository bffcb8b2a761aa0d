using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Faults;

/// <summary>The episodes of a seed: the same seed and kinds give the same ones, for ever. Pure.</summary>
internal static class FaultSchedule
{
    private const int TriesForSecond = 20;

    /// <summary>Kinds that nodes notice at different times, the more so where their patience differs; <c>uneven</c> on the command line.</summary>
    public static IReadOnlyList<FaultKind> Uneven { get; } = [FaultKind.Young, FaultKind.Part, FaultKind.Stagger, FaultKind.OneWay, FaultKind.Recut];

    /// <summary>Kinds that only make sense alone: they hit everybody.</summary>
    private static readonly HashSet<FaultKind> Alone =
        [FaultKind.Full, FaultKind.Halt, FaultKind.Relay, FaultKind.Apart, FaultKind.Outvote, FaultKind.Rift, .. Uneven];

    public static IEnumerable<Episode> Create(int seed, IReadOnlyList<FaultKind> kinds, Topology topology)
    {
        var random = new Random(seed);
        var left = new List<FaultKind>();
        for (var number = 1; ; number++)
        {
            // Each kind has its turn before any comes again: a short run shows them all, in an order of its own.
            if (left.Count == 0)
            {
                left = [.. kinds];
                random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(left));
            }

            var kind = left[^1];
            left.RemoveAt(left.Count - 1);
            List<Fault> faults = [Choose(kind, random, topology)];
            if (random.Next(2) == 0 && !Alone.Contains(kind) && Second(faults[0], kinds, random, topology) is { } second)
            {
                faults.Add(second);
            }

            yield return new Episode(number, faults);
        }
    }

    private static Fault? Second(Fault first, IReadOnlyList<FaultKind> kinds, Random random, Topology topology)
    {
        for (var i = 0; i < TriesForSecond; i++)
        {
            var kind = kinds[random.Next(kinds.Count)];
            if (Alone.Contains(kind) || (kind == first.Kind && kind is FaultKind.Join or FaultKind.Clock))
            {
                continue;
            }

            // Near the first one's begin, or anywhere within it.
            var fault = Choose(kind, random, topology);
            var after = first.After + (random.Next(2) == 0 ? Seconds(random, 0, 1.5) : first.Lasts * random.NextDouble());
            fault = fault with { After = after };
            if (Promise.Covers([first, fault], topology))
            {
                return fault;
            }
        }

        return null;
    }

    private static Fault Choose(FaultKind kind, Random random, Topology topology)
    {
        // Backends twice: they have what can be lost.
        string[] targets = [.. topology.Backends, .. topology.Backends, .. topology.Frontends];
        var node = targets[random.Next(targets.Length)];
        var after = Seconds(random, 0, 1);
        switch (kind)
        {
            case FaultKind.Join:
                return new Fault(kind, topology.Spare, null, after, Seconds(random, 4, 12));
            case FaultKind.Pair:
                var others = topology.Regular.Where(other => other != node && !(IsBackend(node) && IsBackend(other))).ToList();
                return new Fault(kind, node, others[random.Next(others.Count)], after, Length(random));
            case FaultKind.Split:
                return new Fault(
                    kind, topology.Backends[random.Next(topology.BackendCount)], topology.Frontends[random.Next(topology.FrontendCount)], after, Length(random));
            case FaultKind.Rift:
                var pair = topology.Backends.ToArray();
                random.Shuffle(pair);
                return new Fault(kind, pair[0], pair[1], after, Length(random));
            case FaultKind.Seed:
                return new Fault(kind, Topology.Lighthouse, null, after, Length(random));
            case FaultKind.Full or FaultKind.Halt:
                return new Fault(kind, "all", null, after, TimeSpan.Zero);
            case FaultKind.Slow or FaultKind.Stuck or FaultKind.Fill:
                return new Fault(kind, Backend(), null, after, Length(random));
            case FaultKind.Damage:
                return new Fault(kind, Backend(), null, after, TimeSpan.Zero);
            case FaultKind.Relay:
                return new Fault(kind, Backend(), random.Next(2) == 0 ? "up" : "ready", after, Seconds(random, 0, 3));
            case FaultKind.Clock or FaultKind.Skew:
                return new Fault(kind, Backend(), null, after, Seconds(random, 4, 12), Jump(random));
            case FaultKind.Outvote:
                return new Fault(kind, Backend(), null, after, Seconds(random, 8, 15));
            case FaultKind.Apart:
                return new Fault(kind, "frontends", "backends", after, Length(random));
            case FaultKind.Kill or FaultKind.Stop:
                if (random.Next(8) == 0)
                {
                    node = Topology.Lighthouse;
                }

                return new Fault(kind, node, null, after, Seconds(random, 0, 6));
            case FaultKind.Churn:
                return new Fault(kind, node, null, after, Seconds(random, 1, 5));
            case FaultKind.Part:
                return Parted(kind, PartitionShapes.Plain(random, topology), after);
            case FaultKind.Stagger:
                return Parted(kind, PartitionShapes.Stagger(random, topology), after);
            case FaultKind.OneWay:
                return Parted(kind, PartitionShapes.OneWay(random, topology), after);
            case FaultKind.Recut:
                return Parted(kind, PartitionShapes.Recut(random, topology), after);
            case FaultKind.Young:
                return Young(random, topology, after);
            default:
                return new Fault(kind, node, null, after, Length(random));
        }

        string Backend() => topology.Backends[random.Next(topology.BackendCount)];

        bool IsBackend(string name) => topology.Backends.Contains(name);
    }

    private static Fault Parted(FaultKind kind, Partition partition, TimeSpan after) =>
        new(kind, "network", null, after, partition.Lasts) { Partition = partition };

    /// <summary>Who has just started, and what comes then.</summary>
    private static Fault Young(Random random, Topology topology, TimeSpan after)
    {
        var node = topology.Backends[random.Next(topology.BackendCount)];
        string?[] others = [.. topology.Frontends, .. topology.Frontends, Topology.Lighthouse, null];
        var other = topology.FrontendCount > 1 ? others[random.Next(others.Length)] : null;

        // Old ones only: two backends that lose their memory one after another are two faults, with the cluster whole in between.
        string[] old = [.. topology.Backends.Where(backend => backend != node)];
        var kind = random.Next(10) switch { 0 => FaultKind.Hang, < 5 => FaultKind.Part, < 7 => FaultKind.Stagger, 7 => FaultKind.OneWay, _ => FaultKind.Recut };
        var then = kind == FaultKind.Hang ? new Fault(kind, old[random.Next(old.Length)], null, default, Length(random)) : Choose(kind, random, topology);
        return new Fault(FaultKind.Young, node, other, after, Seconds(random, 0, 2)) { Then = then with { After = Seconds(random, 0, 6) } };
    }

    // Below what the failure detector bears, about as long as its verdict takes, or long past it.
    private static TimeSpan Length(Random random) => random.Next(3) switch
    {
        0 => Seconds(random, 0.3, 2),
        1 => Seconds(random, 2, 6),
        _ => Seconds(random, 8, 16),
    };

    // Within the idle timeout (20 min), past it, or past the time for which ended sessions are remembered (1 h) too.
    private static TimeSpan Jump(Random random) =>
        TimeSpan.FromMinutes(random.Next(3) switch { 0 => random.Next(1, 15), 1 => random.Next(25, 55), _ => random.Next(90, 600) } * (random.Next(2) == 0 ? 1 : -1));

    private static TimeSpan Seconds(Random random, double from, double to) =>
        TimeSpan.FromSeconds(Math.Round(from + (random.NextDouble() * (to - from)), 1));
}
