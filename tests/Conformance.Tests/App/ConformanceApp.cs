using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Conformance.App;

/// <summary>The app that both sides run: an ordinary one, in which an endpoint does one thing that a server can be told by.</summary>
internal static class ConformanceApp
{
    /// <param name="settings">With seeds among them it is a backend; without, it runs on Kestrel.</param>
    public static WebApplication Build(IEnumerable<KeyValuePair<string, string?>> settings, Action<WebApplicationBuilder> configure)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ConformanceApp).Assembly.GetName().Name,
            EnvironmentName = "Production",
            ContentRootPath = SiteFiles.Root,
            WebRootPath = SiteFiles.WebRoot,
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        FrameworkEndpoints.AddServices(builder.Services);

        // The names of some cookies follow from it.
        builder.Services.AddDataProtection().SetApplicationName("orchard");
        configure(builder);
        builder.AddPomegranateBackend();
        var app = builder.Build();
        FrameworkEndpoints.Use(app);
        SocketEndpoints.Use(app);
        app.UseRouting();
        FrameworkEndpoints.UseAfterRouting(app);
        EchoEndpoints.Map(app);
        ResponseEndpoints.Map(app);
        FailureEndpoints.Map(app);
        LifeEndpoints.Map(app);
        BodyEndpoints.Map(app);
        ServerEndpoints.Map(app);
        Notes.Map(app);
        WriterScenarios.Map(app);
        LifeScenarios.Map(app);
        RequestScenarios.Map(app);
        FrameworkEndpoints.Map(app);
        SocketEndpoints.Map(app);
        return app;
    }

    /// <summary>The app as it is without a cluster.</summary>
    /// <returns>The app and its ports for HTTP/1.1 and HTTP/2.</returns>
    public static async Task<(WebApplication App, int Http1, int Http2)> StartOnKestrelAsync(Action<WebApplicationBuilder> configure)
    {
        var app = Build([], builder =>
        {
            configure(builder);
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            });

            // The keys of whoever runs the tests are none of its business.
            builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
            builder.Services.AddSession(session => session.Cookie.Name = ".Pomegranate.Session");
        });
        await app.StartAsync();
        var ports = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(a => new Uri(a).Port).ToArray();
        return (app, ports[0], ports[1]);
    }
}
