using System.Text.Json;
using Pomegranate.Bench.Reporting;

namespace Pomegranate.Bench.Failing;

/// <summary>
/// All readings, those of earlier runs among them: each is kept in <c>failover.json</c> as soon as it is made, so that an
/// evening of faults can be had in parts.
/// </summary>
internal sealed class FailoverReport
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly string _directory;
    private readonly List<FaultReading> _readings;

    public FailoverReport(string directory)
    {
        _directory = Directory.CreateDirectory(directory).FullName;
        _readings = File.Exists(Raw) ? JsonSerializer.Deserialize<List<FaultReading>>(File.ReadAllText(Raw), Json)! : [];
    }

    private string Raw => Path.Combine(_directory, "failover.json");

    /// <summary>Drops what is about to be measured anew; an empty list means all.</summary>
    public void Forget(string[] systems, string[] faults) => _readings.RemoveAll(r =>
        (systems.Length == 0 || systems.Contains(r.System)) && (faults.Length == 0 || faults.Contains(r.Fault)));

    public void Add(FaultReading reading)
    {
        _readings.Add(reading);
        File.WriteAllText(Raw, JsonSerializer.Serialize(_readings, Json));
    }

    public void Save()
    {
        var report = new Report("Failover");
        report.Say($"{Environment.ProcessorCount} cores for client and systems. 50 sessions, GET /counter one after another, 20 ms apart. Pauses are the longest of any session, from good answer to good answer.");
        foreach (var fault in Fault.All.Where(f => _readings.Any(r => r.Fault == f.Name)))
        {
            report.Table(
                fault.Title,
                ["system", "runs", "longest pause, ms: median", "worst", "at the victim's return, ms: median", "worst", "failed", "runs with failures", "increments lost", "twice", "counted though failed", "sessions lost", "client's own pause, ms: worst", "date"],
                _readings.Where(r => r.Fault == fault.Name).GroupBy(r => r.System).Select(g => Row(g.Key, [.. g])));
        }

        report.Save(Path.Combine(_directory, "failover.md"));
    }

    /// <summary>How many, and of which kinds.</summary>
    public static string Failures(IReadOnlyList<FaultReading> readings)
    {
        var kinds = readings.SelectMany(r => r.Failed).GroupBy(f => f.Key).Select(g => (Kind: g.Key, Count: g.Sum(f => f.Value))).OrderByDescending(k => k.Count).ToList();
        return kinds.Count == 0 ? "0" : $"{kinds.Sum(k => k.Count)} ({string.Join(", ", kinds.Select(k => $"{k.Kind} {k.Count}"))})";
    }

    private static string[] Row(string system, IReadOnlyList<FaultReading> readings)
    {
        var (pause, back) = (Spread.Of(readings.Select(r => r.PauseMs)), Spread.Of(readings.Select(r => r.ReturnPauseMs)));
        return
        [
            system, $"{readings.Count}", $"{pause.Median:0}", $"{pause.Most:0}", $"{back.Median:0}", $"{back.Most:0}",
            Failures(readings), $"{readings.Count(r => r.Failed.Count > 0)}",
            $"{readings.Sum(r => r.Lost)}", $"{readings.Sum(r => r.Twice)}", $"{readings.Sum(r => r.AppliedThoughFailed)}", $"{readings.Sum(r => r.SessionsLost)}",
            $"{readings.Max(r => r.ClientPauseMs):0}", $"{readings.Max(r => r.At):yyyy-MM-dd}",
        ];
    }
}
