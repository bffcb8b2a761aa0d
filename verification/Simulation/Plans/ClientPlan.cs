using Pomegranate.Campaign.Histories;

namespace Pomegranate.Simulation.Plans;

/// <summary>A client and its session: it begins with <see cref="OperationKind.Create"/>.</summary>
/// <param name="Session">Which session, and so which shard.</param>
internal sealed record ClientPlan(int Session, IReadOnlyList<Step> Steps);

/// <summary>One operation.</summary>
/// <param name="Pause">µs after the answer to the one before.</param>
/// <param name="Frontend">Through which, from 0.</param>
internal readonly record struct Step(OperationKind Kind, long Pause, int Frontend);
