using Microsoft.Extensions.Logging;

namespace Pomegranate.Management;

/// <summary>What the management endpoint logs: event ids 1100 to 1199.</summary>
internal static partial class ManagementLog
{
    [LoggerMessage(1100, LogLevel.Information, "The management endpoint of node '{Node}' listens on {Address}.")]
    public static partial void Listening(this ILogger logger, string node, string address);

    [LoggerMessage(1101, LogLevel.Warning, "Operator asked through {Address} for operation {Operation} on {Target}.")]
    public static partial void OperatorAsked(this ILogger logger, string? address, string operation, string target);
}
