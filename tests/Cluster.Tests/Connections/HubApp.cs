using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pomegranate.Backend;

namespace Pomegranate.ClusterTests.Connections;

/// <summary>
/// An app with a hub and no session of its own; a client that asks for one gets one, and then all that its connection sends
/// reads it, as a middleware would that looks who is signed in.
/// </summary>
internal static class HubApp
{
    public static WebApplication Build(IEnumerable<KeyValuePair<string, string?>> settings, Action<WebApplicationBuilder> configure)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        configure(builder);
        builder.AddPomegranateBackend();
        builder.Services.AddSignalR();
        builder.Services.AddResponseCompression();
        var app = builder.Build();
        app.UseResponseCompression();
        app.Use(async (context, next) =>
        {
            // Not a poll: it would keep what is sent meanwhile waiting for the session's turn.
            if (context.Request.Headers.ContainsKey("X-Signed-In") && HttpMethods.IsPost(context.Request.Method))
            {
                Assert.Equal("Demeter", context.Session.GetString("name"));
            }

            await next(context);
        });
        app.MapGet("/sign-in", (HttpContext context) => context.Session.SetString("name", "Demeter"));
        app.MapGet("/node", (HttpContext context) => context.Features.Get<IPomegranateSessionFeature>()!.NodeName);
        app.MapHub<EchoHub>("/hub");
        return app;
    }

    internal sealed class EchoHub : Hub
    {
#pragma warning disable CA1822 // SignalR calls no static methods.
        public string Echo(string text) => text;
#pragma warning restore CA1822

        /// <summary>The query as the app sees it.</summary>
        public string? Token() => Context.GetHttpContext()!.Request.Query["id"];

        public string? Name() => Context.GetHttpContext()!.Session.GetString("name");
    }
}
