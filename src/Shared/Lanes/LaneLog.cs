using System.Net;
using Akka.Cluster;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Lanes;

/// <summary>The log events of lanes, 1300 to 1399.</summary>
internal static partial class LaneLog
{
    [LoggerMessage(1300, LogLevel.Warning, "The lane listener cannot accept a connection; it goes on trying.")]
    public static partial void AcceptFailed(ILogger logger, Exception failure);

    [LoggerMessage(1301, LogLevel.Debug, "A connection from {RemoteEndPoint} to the lane listener was closed: {Reason}")]
    public static partial void Refused(ILogger logger, EndPoint? remoteEndPoint, string reason);

    [LoggerMessage(1302, LogLevel.Warning, "The lane to {Peer} was closed, because a frame could not be handled: {Reason} Requests take the longer way until a new one is open.")]
    public static partial void Broken(ILogger logger, UniqueAddress peer, string reason, Exception? failure);

    [LoggerMessage(1303, LogLevel.Debug, "The lane to {Peer} has ended: {Reason}")]
    public static partial void Ended(ILogger logger, UniqueAddress peer, string reason);

    [LoggerMessage(1304, LogLevel.Debug, "The lane to {Peer} cannot send any more: {Reason}")]
    public static partial void SendFailed(ILogger logger, UniqueAddress peer, string reason);

    [LoggerMessage(1305, LogLevel.Error, "The end of the lane to {Peer} could not be handled.")]
    public static partial void HandlerFailed(ILogger logger, UniqueAddress peer, Exception failure);

    [LoggerMessage(1306, LogLevel.Debug, "Lanes are taken at port {Port}.")]
    public static partial void Listening(ILogger logger, int port);
}
