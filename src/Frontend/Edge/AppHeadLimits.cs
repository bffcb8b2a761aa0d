using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Edge;

/// <summary>
/// Lets this frontend's Kestrel take the longest heads that any app takes, within what its operator allows: which app a
/// request is for is known only when its head is read. <see cref="Mounts.AppLimits"/> holds each app to its own.
/// </summary>
/// <remarks>
/// Kestrel reads these limits from its options for each request of HTTP/1.1 and each connection of HTTP/2, so that they can
/// be raised while it runs. They are never lowered: a request that has been let in is not to be cut.
/// </remarks>
internal sealed partial class AppHeadLimits(IOptions<KestrelServerOptions> kestrel, IOptions<GatewayOptions> gateway, ILogger<AppHeadLimits> logger)
{
    /// <summary>Bytes of memory that a header costs at the least, for as many as may be.</summary>
    private const int LeastHeader = 32;

    private readonly Lock _lock = new();

    /// <summary>What Kestrel lets in now.</summary>
    public RequestHeadLimits Current
    {
        get
        {
            var limits = kestrel.Value.Limits;
            return new(limits.MaxRequestLineSize, limits.MaxRequestHeadersTotalSize, limits.MaxRequestHeaderCount, limits.Http2.MaxRequestHeaderFieldSize);
        }
    }

    /// <summary>An app's backends have said what they take.</summary>
    public void Allow(string app, RequestHeadLimits wanted)
    {
        var bytes = gateway.Value.MaxAppHeaderBytes;
        if (kestrel.Value.Limits.MaxRequestBufferSize is { } buffer)
        {
            bytes = (int)Math.Min(bytes, buffer);
        }

        lock (_lock)
        {
            var before = Current;
            var allowed = before.Or(wanted.Within(new(bytes, bytes, bytes / LeastHeader, bytes)));
            if (allowed.Within(wanted) != wanted)
            {
                Cut(logger, app, wanted.ToString(), allowed.ToString(), gateway.Value.MaxAppHeaderBytes);
            }

            if (allowed != before)
            {
                var limits = kestrel.Value.Limits;
                limits.MaxRequestLineSize = allowed.Line;
                limits.MaxRequestHeadersTotalSize = allowed.Total;
                limits.MaxRequestHeaderCount = allowed.Count;
                limits.Http2.MaxRequestHeaderFieldSize = allowed.Field;
            }
        }
    }

    [LoggerMessage(3014, LogLevel.Warning, "App '{App}' takes longer request heads than this frontend: {Wanted}; here hold {Allowed} "
        + "(Pomegranate:Gateway:MaxAppHeaderBytes is {MaxAppHeaderBytes}).")]
    private static partial void Cut(ILogger logger, string app, string wanted, string allowed, int maxAppHeaderBytes);
}
