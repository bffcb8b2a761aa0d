using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Faults;

/// <summary>
/// Which faults at once the cluster promises to survive at replication level majority: what the scheduler must not
/// exceed. Without disks, two backends that lose their memory at once take acknowledged writes with them, by design.
/// </summary>
internal static class Promise
{
    public static bool Covers(IReadOnlyList<Fault> faults, Topology topology)
    {
        if (faults is [{ Kind: FaultKind.Full or FaultKind.Halt }])
        {
            // Every disk is back afterwards.
            return true;
        }

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
        FaultKind.Join or FaultKind.Churn or FaultKind.Clock => [],

        // One of the two is enough to heal the cut.
        FaultKind.Pair => [fault.Node],
        FaultKind.Apart => [],

        // These come alone, and nobody loses its memory by a cut but those who are told that they were removed.
        FaultKind.Part or FaultKind.Stagger or FaultKind.OneWay or FaultKind.Recut => [],
        FaultKind.Young => fault.Other is { } other ? [fault.Node, other] : [fault.Node],
        FaultKind.Split => [fault.Node, fault.Other!],
        FaultKind.Full or FaultKind.Halt => topology.Regular,
        _ => [fault.Node],
    };

    /// <summary>What the fault is done with; null where signals are enough.</summary>
    public static Facility? Needs(FaultKind kind) => kind switch
    {
        // Without disks nothing is promised of a stop of all backends.
        FaultKind.Full or FaultKind.Halt or FaultKind.Slow or FaultKind.Stuck or FaultKind.Fill or FaultKind.Damage => Facility.Disk,
        FaultKind.Clock or FaultKind.Skew => Facility.Clock,
        FaultKind.Squeeze => Facility.Memory,
        FaultKind.Kill or FaultKind.Hang or FaultKind.Stop or FaultKind.Join or FaultKind.Relay => null,
        _ => Facility.Network,
    };

    private static bool IsSilent(FaultKind kind) =>
        kind is FaultKind.Hang or FaultKind.Squeeze || (Needs(kind) == Facility.Network && kind != FaultKind.Churn);
}
