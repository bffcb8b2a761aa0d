using System.Net.Quic;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Pomegranate.Frontend.Edge;

/// <summary>Says that HTTP/3 was asked for and this machine cannot do it: Kestrel serves the other protocols without a word.</summary>
internal static partial class Http3Notice
{
    public static void LogWhereMissing(IConfiguration configuration, ILogger logger)
    {
        if (!IsSupported && IsAskedFor(configuration.GetSection("Kestrel")))
        {
            Http3Missing(logger);
        }
    }

    /// <summary>Whether this machine has QUIC: on Linux that is the library msquic.</summary>
    public static bool IsSupported =>
        (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicListener.IsSupported;

    private static bool IsAskedFor(IConfiguration kestrel) =>
        kestrel.GetSection("Endpoints").GetChildren().Append(kestrel.GetSection("EndpointDefaults"))
            .Any(endpoint => Enum.TryParse<HttpProtocols>(endpoint["Protocols"], ignoreCase: true, out var protocols) && protocols.HasFlag(HttpProtocols.Http3));

    [LoggerMessage(3002, LogLevel.Warning, "The section Kestrel asks for HTTP/3, which this machine cannot do: it has no QUIC (on Linux, install libmsquic). "
        + "HTTP/1.1 and HTTP/2 are served.")]
    private static partial void Http3Missing(ILogger logger);
}
