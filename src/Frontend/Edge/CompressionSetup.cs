using Microsoft.AspNetCore.ResponseCompression;

namespace Pomegranate.Frontend.Edge;

/// <summary>ASP.NET Core's response compression with our rules on top.</summary>
internal static class CompressionSetup
{
    public static void AddCompression(this IServiceCollection services)
    {
        // Over HTTPS too: who switches compression on at an edge that speaks TLS means that.
        services.AddResponseCompression(options => options.EnableForHttps = true);
        services.AddSingleton<IResponseCompressionProvider, ProxyCompression>();
    }
}
