using System.Runtime.InteropServices;

namespace Pomegranate.Simulation.Stories;

/// <summary>How often each transition was made.</summary>
internal sealed class Coverage
{
    private readonly Dictionary<string, long> _transitions = [];

    public IReadOnlyDictionary<string, long> Transitions => _transitions;

    public void Count(string transition, long times = 1) => CollectionsMarshal.GetValueRefOrAddDefault(_transitions, transition, out _) += times;

    public void Add(Coverage other)
    {
        foreach (var (transition, times) in other._transitions)
        {
            Count(transition, times);
        }
    }
}
