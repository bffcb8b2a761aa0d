using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pomegranate.Backend.Sessions;

namespace Pomegranate.ClusterTests.Harness;

/// <summary>An ordinary web app with the one call that makes it a backend. Its endpoints run the tests' code.</summary>
internal static class TestApp
{
    public static WebApplication Build(
        AppCode code, IEnumerable<KeyValuePair<string, string?>> settings, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        configure?.Invoke(builder);
        builder.AddPomegranateBackend();
        var app = builder.Build();
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/usesession"), branch => branch.UseSession());
        app.UseWebSockets();
        app.UseRouting();
        app.Map("/exclusive/{number}/{**rest}", Run);
        app.Map("/usesession/{number}/{**rest}", Run);
        app.Map("/readonly/{number}/{**rest}", Run).WithSessionAccess(SessionAccess.ReadOnly);
        app.Map("/once/{number}/{**rest}", Run).ExactlyOnce();
        app.Map("/never/{number}/{**rest}", Run).NeverRepeat();
        app.Map("/concurrent/{number}/{**rest}", Run).WithSessionAccess(SessionAccess.Concurrent);
        return app;

        Task Run(HttpContext context) => code.RunAsync((string)context.Request.RouteValues["number"]!, context);
    }
}
