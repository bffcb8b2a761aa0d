using Pomegranate.Simulation.Core;

namespace Pomegranate.Simulation.Plans;

/// <summary>One thing that is done to the cluster.</summary>
/// <param name="At">µs since the beginning.</param>
/// <param name="Length">Until it is undone; for a process that ends: until it is started again.</param>
/// <param name="Hosts">Whose: the hosts on one side of a cut, else a single one.</param>
/// <param name="Others">The other side of a cut.</param>
/// <param name="Extra">µs: how far apart the links of a staggered cut go; the period of a flap; the delay of a slow node.</param>
/// <param name="Holds">What is sent into the cut arrives when it heals, as from a TCP connection that outlived it; else it is lost.</param>
internal sealed record Fault(FaultKind Kind, long At, long Length, ulong Hosts, ulong Others = 0, long Extra = 0, bool Holds = false)
{
    public long End => At + Length;

    public string Describe(IReadOnlyList<string> names)
    {
        var what = Kind switch
        {
            FaultKind.Kill => $"kill -9 {Names(Hosts)}, started again {Seconds(Length)} later",
            FaultKind.PowerLoss => $"the machine of {Names(Hosts)} loses its power, is back {Seconds(Length)} later",
            FaultKind.Hang => $"{Names(Hosts)} hangs for {Seconds(Length)}",
            FaultKind.Slow => $"{Names(Hosts)} is {Seconds(Extra)} slower for {Seconds(Length)}",
            FaultKind.Leave => $"{Names(Hosts)} is told to stop, started again {Seconds(Length)} after that",
            FaultKind.Join => $"{Names(Hosts)} joins, and leaves {Seconds(Length)} later",
            FaultKind.SecondHome => $"{Names(Hosts)} takes itself for every session's home, and {Names(Others)} believes it",
            FaultKind.OneWayCut => $"{Names(Others)} does not hear {Names(Hosts)} for {Seconds(Length)}",
            FaultKind.StaggeredCut => $"the network parts within {Seconds(Extra)}, link by link, for {Seconds(Length)}: {Names(Hosts)} | {Names(Others)}",
            FaultKind.Flap => $"the network parts and heals every {Seconds(Extra)}, for {Seconds(Length)}: {Names(Hosts)} | {Names(Others)}",
            _ => $"the network parts for {Seconds(Length)}: {Names(Hosts)} | {Names(Others)}",
        };
        return Holds ? $"{what} (what is sent meanwhile arrives when it heals)" : what;

        string Names(ulong hosts)
        {
            var list = new List<string>();
            foreach (var host in hosts.All())
            {
                list.Add(names[host]);
            }

            return string.Join(", ", list);
        }
    }

    private static string Seconds(long span) => FormattableString.Invariant($"{span / (double)Span.Second:0.###} s");
}
