using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Plans;

namespace Pomegranate.Simulation.Stories;

/// <summary>Which kinds of faults have met: a second one that began before the first had ended, or within 4 s of its end.</summary>
internal sealed class FaultPairs
{
    private const long Aftermath = 4 * Span.Second;
    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();

    private readonly long[,] _met = new long[Kinds.Length, Kinds.Length];

    public void Add(Plan plan)
    {
        foreach (var first in plan.Faults)
        {
            foreach (var second in plan.Faults)
            {
                if (!ReferenceEquals(first, second) && second.At >= first.At && second.At < first.End + Aftermath)
                {
                    _met[(int)first.Kind, (int)second.Kind]++;
                }
            }
        }
    }

    public IEnumerable<string> Table()
    {
        yield return $"| first, then | {string.Join(" | ", Kinds)} |";
        yield return $"|---|{string.Concat(Kinds.Select(_ => "---:|"))}";
        foreach (var first in Kinds)
        {
            yield return $"| {first} | {string.Join(" | ", Kinds.Select(second => _met[(int)first, (int)second]))} |";
        }
    }
}
