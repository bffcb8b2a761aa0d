using System.Diagnostics;
using Pomegranate.Campaign.Nodes;

namespace Pomegranate.Campaign.Faults;

/// <summary>Cuts and mends each link of a partition at its time.</summary>
internal static class PartitionInjector
{
    /// <summary>Completes when every link is mended.</summary>
    public static async Task RunAsync(Partition partition, NetworkLab network)
    {
        var began = Stopwatch.GetTimestamp();
        var moments = partition.Outages.SelectMany(outage => new[] { (outage.At, IsCut: true, Link: outage), (At: outage.Until, IsCut: false, Link: outage) })
            .GroupBy(moment => (moment.At, moment.IsCut), moment => (moment.Link.From, moment.Link.To)).OrderBy(moment => moment.Key.At);
        foreach (var moment in moments)
        {
            // No event to wait for: when it happens is the fault.
            var wait = moment.Key.At - Stopwatch.GetElapsedTime(began);
            await Task.Delay(wait > TimeSpan.Zero ? wait : TimeSpan.Zero);
            if (moment.Key.IsCut)
            {
                network.Cut(moment);
            }
            else
            {
                network.Mend(moment);
            }
        }
    }
}
