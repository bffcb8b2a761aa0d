using Akka.Actor;
using Akka.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Pomegranate.ClusterTests.Hosting;

/// <summary>The app of all variants, as a <c>Startup</c> class too.</summary>
internal class VariantApp
{
    public virtual void ConfigureServices(IServiceCollection services) => services.AddRouting();

    public static void Configure(IApplicationBuilder app)
    {
        app.UseRouting();
        app.UseEndpoints(Map);
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/count", (HttpContext context) =>
        {
            var n = (context.Session.GetInt32("n") ?? 0) + 1;
            context.Session.SetInt32("n", n);
            return context.Response.WriteAsync($"{n}");
        });
        routes.MapGet("/own", async (HttpContext context) =>
        {
            var system = context.RequestServices.GetRequiredService<ActorSystem>();
            var echo = await context.RequestServices.GetRequiredService<IRequiredActor<Echo>>().GetAsync();
            await context.Response.WriteAsync($"{system.Name} {await echo.Ask<string>("hello", TimeSpan.FromSeconds(10))}");
        });
        if (routes.ServiceProvider.GetService<HealthCheckService>() is not null)
        {
            routes.MapHealthChecks("/health", new()
            {
                ResponseWriter = (context, report) => context.Response.WriteAsync(
                    string.Join(' ', report.Entries.Select(entry => $"{entry.Key}={entry.Value.Description}"))),
            });
        }
    }

    /// <summary>The same, with the line among its services.</summary>
    internal sealed class WithLine(IConfiguration configuration) : VariantApp
    {
        public static new void Configure(IApplicationBuilder app) => VariantApp.Configure(app);

        public override void ConfigureServices(IServiceCollection services)
        {
            base.ConfigureServices(services);
            services.AddPomegranateBackend(configuration);
        }
    }

    /// <summary>An actor of the app's own.</summary>
    internal sealed class Echo : ReceiveActor
    {
        public Echo() => ReceiveAny(message => Sender.Tell(message));
    }
}
