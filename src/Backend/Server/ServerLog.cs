using Microsoft.Extensions.Logging;

namespace Pomegranate.Backend.Server;

/// <summary>
/// The server's log events, 2100-2199. Requests' events are worded as Kestrel's, so that what people search their logs
/// for is still found.
/// </summary>
internal static partial class ServerLog
{
    [LoggerMessage(2100, LogLevel.Error, "Connection id \"{ConnectionId}\", Request id \"{TraceIdentifier}\": An unhandled exception was thrown by the application.")]
    public static partial void ApplicationError(this ILogger logger, string connectionId, string traceIdentifier, Exception exception);

    [LoggerMessage(2101, LogLevel.Debug, "Connection id \"{ConnectionId}\", Request id \"{TraceIdentifier}\": The request was aborted by the client.")]
    public static partial void RequestAborted(this ILogger logger, string connectionId, string traceIdentifier);

    [LoggerMessage(2102, LogLevel.Information, "Connection id \"{ConnectionId}\", Request id \"{TraceIdentifier}\": the application aborted the connection.")]
    public static partial void ApplicationAborted(this ILogger logger, string connectionId, string traceIdentifier);

    [LoggerMessage(2103, LogLevel.Debug, "Connection id \"{ConnectionId}\" bad request data: \"{Message}\"")]
    public static partial void BadRequest(this ILogger logger, string connectionId, string message, Exception exception);

    [LoggerMessage(2105, LogLevel.Critical, "Request id \"{TraceIdentifier}\": the server itself failed while ending the request.")]
    public static partial void ExecutionFailed(this ILogger logger, string traceIdentifier, Exception exception);

    [LoggerMessage(2110, LogLevel.Information, "The app's pipeline takes requests from the cluster.")]
    public static partial void ServerStarted(this ILogger logger);

    [LoggerMessage(2111, LogLevel.Information, "The server is stopping: leaving the cluster first.")]
    public static partial void DrainStarted(this ILogger logger);

    [LoggerMessage(2112, LogLevel.Error, "Leaving the cluster failed; the server stops nevertheless and the cluster will notice by itself.")]
    public static partial void DrainFailed(this ILogger logger, Exception exception);

    [LoggerMessage(2113, LogLevel.Warning, "The shutdown timeout passed with {Count} requests running; they are aborted.")]
    public static partial void StopTimedOut(this ILogger logger, int count);

    [LoggerMessage(2114, LogLevel.Information, "The server has stopped.")]
    public static partial void ServerStopped(this ILogger logger);

    [LoggerMessage(2115, LogLevel.Warning, "The app has set {Settings} for Kestrel. In a cluster they have no effect, as the clients' connections are the frontends': set them there, in Kestrel:Limits.")]
    public static partial void SettingsUnheld(this ILogger logger, string settings);
}
