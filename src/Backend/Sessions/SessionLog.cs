using Microsoft.Extensions.Logging;

namespace Pomegranate.Backend.Sessions;

/// <summary>The log events of sessions, 2200 to 2299.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(2200, LogLevel.Warning, "{Endpoint} held its session's turn for {Milliseconds:F0} ms; other requests of the session waited. "
        + "If it only reads, mark it SessionAccess.ReadOnly.")]
    public static partial void TurnHeldLong(this ILogger logger, double milliseconds, string endpoint);

    [LoggerMessage(2201, LogLevel.Error, "A session's change could not be committed: {Reason}")]
    public static partial void CommitFailed(this ILogger logger, string reason);

    [LoggerMessage(2202, LogLevel.Error, "A session could not be recovered: {Reason}")]
    public static partial void RecoveryFailed(this ILogger logger, string reason);

    [LoggerMessage(2203, LogLevel.Error, "A session-ended handler failed.")]
    public static partial void EndedHandlerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2204, LogLevel.Error, "A request failed in the session's home.")]
    public static partial void RequestFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2205, LogLevel.Information, "{Count} sessions have expired on this node.")]
    public static partial void SessionsExpired(this ILogger logger, int count);

    [LoggerMessage(2206, LogLevel.Debug, "A session was read from the replicas.")]
    public static partial void Recovered(this ILogger logger);

    [LoggerMessage(2207, LogLevel.Warning, "Another backend has become the home of a session that was at home here too ({Version}, here {Ballot}). "
        + "This one leaves; nothing is lost. It follows a move of shards that took longer than the hand-off timeout.")]
    public static partial void HomeTaken(this ILogger logger, State.SessionVersion version, State.SessionVersion ballot);
}
