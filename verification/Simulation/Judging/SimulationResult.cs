using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Histories;
using Pomegranate.Simulation.Plans;
using Pomegranate.Simulation.Stories;

namespace Pomegranate.Simulation.Judging;

/// <summary>What came of one schedule.</summary>
/// <param name="Events">Messages and ticks that were received.</param>
/// <param name="Length">µs of virtual time.</param>
internal sealed record SimulationResult(
    Plan Plan, IReadOnlyList<Violation> Violations, IReadOnlyList<Operation> History, Coverage Coverage, long Events, long Length);
