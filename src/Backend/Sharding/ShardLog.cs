using Akka.Actor;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Backend.Sharding;

/// <summary>The log events of the shard coordinator's decisions, 2300 to 2399.</summary>
internal static partial class ShardLog
{
    [LoggerMessage(2300, LogLevel.Information, "The shard coordinator of app '{App}' starts on this node.")]
    public static partial void CoordinatorStarts(this ILogger logger, string app);

    [LoggerMessage(2301, LogLevel.Debug, "Shard {Shard} goes to {Region}.")]
    public static partial void Allocated(this ILogger logger, string shard, IActorRef region);
}
