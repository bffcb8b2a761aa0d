using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Edge;

/// <summary>Tells clients of HTTP/1.1 that a frontend that stops will not take another request on this connection. HTTP/2 has Kestrel's GOAWAY.</summary>
internal static class ConnectionClose
{
    public static void AddConnectionClose(this IServiceCollection services) =>
        services.AddSingleton<IConnectionListenerFactory, GracefulListenerFactory>();

    public static void UseConnectionClose(this WebApplication app)
    {
        var state = app.Services.GetRequiredService<FrontendState>();
        app.Use(next => context =>
        {
            if (state.IsClosing && HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true })
            {
                context.Response.Headers.Connection = "close";
            }

            return next(context);
        });
    }
}
