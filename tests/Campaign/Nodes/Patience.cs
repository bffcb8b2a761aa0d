using System.Globalization;

namespace Pomegranate.Campaign.Nodes;

/// <summary>How long each node bears another's silence, where that is not the same for all: the seed's alone. Pure.</summary>
internal static class Patience
{
    private const string Setting = "Pomegranate:Cluster:AcceptableHeartbeatPause";

    /// <summary>Seconds. The default among them, and what an operator may have set on some nodes and not yet on others.</summary>
    private static readonly double[] Pauses = [1, 1.5, 2, 2, 3, 4];

    /// <summary>The node's own settings.</summary>
    /// <param name="number">The node's, from 0.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(int seed, int number)
    {
        var pauses = Pauses.ToArray();
        new Random(seed).Shuffle(pauses);
        return [new(Setting, TimeSpan.FromSeconds(pauses[number % pauses.Length]).ToString("c", CultureInfo.InvariantCulture))];
    }
}
