using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Running;

/// <summary>Checks a history of an earlier run.</summary>
internal static class Recheck
{
    /// <returns>0 if no promise was broken, 1 if one was.</returns>
    public static int Run(string path, TimeSpan deadline)
    {
        var history = History.Load(path);
        var violations = HistoryChecker.Check(history.Operations, deadline);
        Report.Violations(violations, history);
        Console.WriteLine($"{history.Operations.Count} operations, {violations.Count} violations.");
        return violations.Count == 0 ? 0 : 1;
    }
}
