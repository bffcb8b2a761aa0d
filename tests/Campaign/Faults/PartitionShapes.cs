using System.Collections.Immutable;
using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Faults;

/// <summary>
/// Partitions that nodes notice at different times, which is how removals that look safe one by one can add up. Each
/// side has a backend, and a frontend where there are enough, so that clients hear of what either acknowledges. Pure.
/// </summary>
internal static class PartitionShapes
{
    /// <summary>A failure detector's verdict and the stable time after it: until then the first cut is not decided.</summary>
    private const double DecidedWithin = 4.5;

    /// <summary>All links at once: what it takes is somebody with another patience.</summary>
    public static Partition Plain(Random random, Topology topology)
    {
        var (left, right) = Sides(random, topology);
        var lasts = Length(random);
        return Of(left, Both(left, right).Select(link => new Outage(link.From, link.To, TimeSpan.Zero, lasts)));
    }

    /// <summary>Each link, each direction of it, goes and comes back at a time of its own.</summary>
    public static Partition Stagger(Random random, Topology topology)
    {
        var (left, right) = Sides(random, topology);
        var lasts = Length(random);
        var spread = 0.5 + (Math.Min(3.5, lasts.TotalSeconds - 0.5) * random.NextDouble());
        return Of(left, Both(left, right).ToList().Select(link =>
            new Outage(link.From, link.To, Seconds(random, 0, spread), lasts + Seconds(random, 0.1, spread))));
    }

    /// <summary>Of each link one direction is down: of all the same, or of each another.</summary>
    public static Partition OneWay(Random random, Topology topology)
    {
        var (left, right) = Sides(random, topology);
        var (lasts, all, mixed) = (Length(random), random.Next(2) == 0, random.Next(2) == 0);
        return Of(left, left.SelectMany(a => right.Select(b => (mixed ? random.Next(2) == 0 : all) ? (a, b) : (b, a))).ToList()
            .Select(link => new Outage(link.Item1, link.Item2, TimeSpan.Zero, lasts)));
    }

    /// <summary>One or two more cuts, elsewhere, before the one before is decided; some are mended by then, some stay.</summary>
    public static Partition Recut(Random random, Topology topology)
    {
        var end = Length(random) + TimeSpan.FromSeconds(2 * DecidedWithin);
        var at = TimeSpan.Zero;
        Partition? all = null;
        for (var cuts = random.Next(2, 4); cuts > 0; cuts--)
        {
            var (left, right) = Sides(random, topology);
            var until = random.Next(2) == 0 ? end : at + Seconds(random, 0.5, DecidedWithin);
            var one = Of(left, Both(left, right).Select(link => new Outage(link.From, link.To, at, until)).ToList());
            all = all?.And(one) ?? one;
            at += Seconds(random, 0.3, DecidedWithin);
        }

        return all!;
    }

    /// <summary>A cut of the given side from all others, all links at once.</summary>
    public static Partition Plain(ImmutableList<string> left, IEnumerable<string> others, TimeSpan lasts) =>
        Of(left, Both(left, [.. others]).Select(link => new Outage(link.From, link.To, TimeSpan.Zero, lasts)));

    private static Partition Of(ImmutableList<string> left, IEnumerable<Outage> outages) => new([left], [.. outages]);

    private static (ImmutableList<string> Left, ImmutableList<string> Right) Sides(Random random, Topology topology)
    {
        ImmutableList<string> left =
        [
            .. random.Next(2) == 0 ? new[] { Topology.Lighthouse } : [],
            .. Some(topology.Backends, random),
            .. topology.FrontendCount == 1 ? topology.Frontends.Where(_ => random.Next(2) == 0) : Some(topology.Frontends, random),
        ];

        // The spare backend, should it run, is with those who are not named.
        return (left, [.. topology.Regular.Append(topology.Spare).Except(left)]);
    }

    // At least one, and not all.
    private static IEnumerable<string> Some(IReadOnlyList<string> nodes, Random random)
    {
        var shuffled = nodes.ToArray();
        random.Shuffle(shuffled);
        return shuffled.Take(random.Next(1, nodes.Count)).Order(StringComparer.Ordinal);
    }

    private static IEnumerable<(string From, string To)> Both(ImmutableList<string> left, ImmutableList<string> right) =>
        left.SelectMany(a => right.SelectMany(b => new[] { (a, b), (b, a) }));

    // Mostly long past a decision; now and then mended while it is made.
    private static TimeSpan Length(Random random) => random.Next(4) == 0 ? Seconds(random, 2, 6) : Seconds(random, 8, 14);

    private static TimeSpan Seconds(Random random, double from, double to) =>
        TimeSpan.FromSeconds(Math.Round(from + (random.NextDouble() * (to - from)), 1));
}
