using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Faults;

/// <summary>
/// Which faults at once the cluster promises to survive at replication level majority: what the scheduler must not
/// exceed. Two backends that lose their memory at once take acknowledged writes with them, by design.
/// </summary>
internal static class Promise
{
    /// <summary>Kinds that no promise covers, so only on request: all backends at once take the sessions with them.</summary>
    public static readonly IReadOnlySet<FaultKind> NotCovered = new HashSet<FaultKind> { FaultKind.Full };

    public static bool Covers(IReadOnlyList<Fault> faults, Topology topology)
    {
        var hit = faults.SelectMany(fault => Hit(fault, topology)).ToList();
        var silent = faults.Where(fault => IsSilent(fault.Kind)).SelectMany(fault => Hit(fault, topology)).Distinct().Count();
        var members = topology.Regular.Count;
        return hit.Distinct().Count() == hit.Count
            && hit.Count(topology.Backends.Contains) <= topology.BackendCount / 2
            && hit.Count(topology.Frontends.Contains) < topology.FrontendCount
            && (silent == 0 || hit.Count < members - (members / 2));
    }

    /// <summary>Nodes that the cluster may go on without: dead, or taken for it.</summary>
    private static IEnumerable<string> Hit(Fault fault, Topology topology) => fault.Kind switch
    {
        FaultKind.Join or FaultKind.Churn => [],

        // One of the two is enough to heal the cut.
        FaultKind.Pair => [fault.Node],
        FaultKind.Apart => [],
        FaultKind.Split => [fault.Node, fault.Other!],
        FaultKind.Full => topology.Backends,
        _ => [fault.Node],
    };

    public static bool NeedsNetwork(FaultKind kind) => kind is FaultKind.Isolate or FaultKind.Split or FaultKind.Deaf or FaultKind.Mute or FaultKind.Pair
        or FaultKind.Rift or FaultKind.Apart or FaultKind.Flap or FaultKind.Seed or FaultKind.Outvote or FaultKind.Churn;

    private static bool IsSilent(FaultKind kind) => kind is not (FaultKind.Kill or FaultKind.Stop or FaultKind.Join or FaultKind.Churn);
}
