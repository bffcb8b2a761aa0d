using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Pomegranate.Backend.Server;

/// <summary>What an app has told its Kestrel and nobody heeds in a cluster, where connections are the frontends'.</summary>
internal static class UnheldSettings
{
    /// <summary>Those that hold: the server's or, told by cluster role or with the request, the frontends'.</summary>
    private static readonly HashSet<string> Held =
    [
        nameof(KestrelServerLimits.MaxRequestBodySize), nameof(KestrelServerLimits.MinRequestBodyDataRate), nameof(KestrelServerLimits.MinResponseDataRate),
        nameof(KestrelServerLimits.MaxRequestLineSize), nameof(KestrelServerLimits.MaxRequestHeadersTotalSize), nameof(KestrelServerLimits.MaxRequestHeaderCount),
        nameof(KestrelServerLimits.MaxConcurrentUpgradedConnections), nameof(Http2Limits.MaxRequestHeaderFieldSize),
    ];

    /// <summary>By their names in Kestrel's options; empty where the app has set none.</summary>
    public static IReadOnlyList<string> In(KestrelServerOptions options)
    {
        var usual = new KestrelServerOptions();
        List<string> found =
        [
            .. Changed(options.Limits, usual.Limits, "Limits."),
            .. Changed(options.Limits.Http2, usual.Limits.Http2, "Limits.Http2."),
            .. Changed(options.Limits.Http3, usual.Limits.Http3, "Limits.Http3."),
        ];
        foreach (var (isOther, name) in (IEnumerable<(bool, string)>)[
            (options.AllowAlternateSchemes != usual.AllowAlternateSchemes, nameof(options.AllowAlternateSchemes)),
            (options.AllowHostHeaderOverride != usual.AllowHostHeaderOverride, nameof(options.AllowHostHeaderOverride)),
            (options.AllowResponseHeaderCompression != usual.AllowResponseHeaderCompression, nameof(options.AllowResponseHeaderCompression)),
        ])
        {
            if (isOther)
            {
                found.Add(name);
            }
        }

        return found;
    }

    private static IEnumerable<string> Changed<T>(T limits, T usual, string prefix)
        where T : class =>
        from property in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where property.CanWrite && !Held.Contains(property.Name) && !Equals(property.GetValue(limits), property.GetValue(usual))
        select prefix + property.Name;
}
