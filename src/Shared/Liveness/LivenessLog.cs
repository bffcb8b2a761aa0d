using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Liveness;

/// <summary>What the liveness layer logs. Event ids 1200 to 1299.</summary>
internal static partial class LivenessLog
{
    [LoggerMessage(1200, LogLevel.Warning, "The process of {Node} is dead ({Evidence}): its liveness connection closed and cannot be made again. The node is marked down and unreachable.")]
    public static partial void Dead(ILogger log, UniqueAddress node, DeathEvidence evidence);

    [LoggerMessage(1201, LogLevel.Information, "The process of {Node} has exited ({Evidence}) after it left the cluster.")]
    public static partial void Exited(ILogger log, UniqueAddress node, DeathEvidence evidence);

    [LoggerMessage(1202, LogLevel.Warning, "The liveness connection to {Node} closed, but the same process answers again: a false alarm. If this recurs, something between the nodes closes connections; set Pomegranate:Cluster:ProofOfDeath to false there.")]
    public static partial void FalseAlarm(ILogger log, UniqueAddress node);

    [LoggerMessage(1203, LogLevel.Debug, "The liveness connection to {Node} is established.")]
    public static partial void Established(ILogger log, UniqueAddress node);

    [LoggerMessage(1204, LogLevel.Debug, "The liveness connection to {Node} was lost without being closed, which proves nothing. It is made again.")]
    public static partial void Lost(ILogger log, UniqueAddress node);

    [LoggerMessage(1205, LogLevel.Warning, "No liveness connection to {Node} at port {Port} ({Outcome}): its death could only be suspected, not proven. Open the port between the nodes (Pomegranate:Cluster:LivenessPort fixes it) or set Pomegranate:Cluster:ProofOfDeath to false. Attempts go on.")]
    public static partial void NotEstablished(ILogger log, UniqueAddress node, int port, ProbeOutcome outcome);

    [LoggerMessage(1206, LogLevel.Warning, "{Node} does not say where its liveness port is: its death could only be suspected, not proven. Expected where Pomegranate:Cluster:ProofOfDeath is false on that node. Attempts go on.")]
    public static partial void NoPort(ILogger log, UniqueAddress node);

    [LoggerMessage(1207, LogLevel.Error, "Watching {Node} failed unexpectedly. It is tried again.")]
    public static partial void WatchFailed(ILogger log, UniqueAddress node, Exception exception);

    [LoggerMessage(1208, LogLevel.Warning, "A liveness connection could not be accepted ({Error}). The listener goes on.")]
    public static partial void AcceptFailed(ILogger log, SocketError error, Exception exception);

    [LoggerMessage(1209, LogLevel.Warning, "The liveness port has {Limit} connections, its limit: newcomers are closed, and their nodes cannot prove this one's death. Is something scanning the port?")]
    public static partial void TooManyConnections(ILogger log, int limit);

    [LoggerMessage(1210, LogLevel.Information, "The liveness port of {Address} is {Port}.")]
    public static partial void Listening(ILogger log, Address address, int port);

    [LoggerMessage(1211, LogLevel.Debug, "The rehearsal of a proof of death failed. The first real one will be slower.")]
    public static partial void RehearsalFailed(ILogger log, Exception exception);

    [LoggerMessage(1212, LogLevel.Debug, "The liveness connection to {Node} closed. Whether its process lives is asked.")]
    public static partial void Closed(ILogger log, UniqueAddress node);
}
