using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Checking;

/// <summary>Decides from a history alone whether the promises about sessions were kept. Pure.</summary>
internal static class HistoryChecker
{
    /// <param name="deadline">How long any request may take to be answered.</param>
    /// <returns>In order of time; of each session only the first, for what follows a broken promise proves nothing.</returns>
    public static IReadOnlyList<Violation> Check(IEnumerable<Operation> operations, TimeSpan deadline) =>
    [
        .. operations
            .GroupBy(operation => operation.Session)
            .Select(session => new SessionChecker(session.Key, [.. session], deadline).FirstViolation())
            .OfType<Violation>()
            .OrderBy(violation => violation.At),
    ];
}
