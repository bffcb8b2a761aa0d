using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pomegranate.Backend;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Sessions;

/// <summary>
/// An app with a session cookie of its own, an output cache, a cookie policy and middleware that looks at responses, as their
/// authors write them: our line comes first or last, and nothing else is ours.
/// </summary>
public sealed class CookieApp : IAsyncLifetime
{
    internal const string Name = "Shop_Session";

    internal TestCluster Cluster { get; private set; } = null!;

    public async Task InitializeAsync() => Cluster = await TestCluster.StartAsync(Build, []);

    public async Task DisposeAsync() => await Cluster.DisposeAsync();

    private static WebApplication Build(IEnumerable<KeyValuePair<string, string?>> settings, Action<WebApplicationBuilder> configure)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        configure(builder);
        builder.Services.AddSession(session =>
        {
            session.IdleTimeout = TimeSpan.FromSeconds(5);
            session.IOTimeout = TimeSpan.FromSeconds(15);
            session.Cookie.Name = builder.Configuration["CookieName"] ?? Name;
            session.Cookie.Path = "/shop";
            session.Cookie.SameSite = SameSiteMode.Strict;
            session.Cookie.SecurePolicy = CookieSecurePolicy.None;
            session.Cookie.HttpOnly = false;
            session.Cookie.MaxAge = TimeSpan.FromHours(2);
        });
        builder.Services.AddOutputCache();
        builder.Services.Configure<CookiePolicyOptions>(policy => policy.CheckConsentNeeded = context => context.Request.Query.ContainsKey("asks"));
        builder.AddPomegranateBackend();
        var app = builder.Build();
        app.UsePathBase("/shop");
        app.Use(async (context, next) =>
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers["X-Seen"] = context.Response.Headers.SetCookie.ToString().Split('=')[0];
                return Task.CompletedTask;
            });
            await next(context);
        });
        app.UseCookiePolicy();
        app.UseOutputCache();
        app.UseSession();
        app.MapGet("/cached", (HttpContext context) =>
        {
            var id = Guid.NewGuid().ToString();
            context.Session.SetString("id", id);
            return id;
        }).CacheOutput();
        app.MapGet("/store", (HttpContext context, string value) =>
        {
            context.Session.SetString("value", value);
            return context.Session.Id;
        });
        app.MapGet("/read", (HttpContext context) => context.Session.GetString("value") ?? "(none)");
        app.MapGet("/id", (HttpContext context) => context.Session.Id);
        app.MapGet("/node", (HttpContext context) => Browser.NodeOf(context));
        app.MapGet("/count", (HttpContext context) =>
        {
            var bytes = context.Session.TryGetValue("count", out var found) ? found : [0];
            bytes[0]++;
            if (context.Request.Query.ContainsKey("set"))
            {
                context.Session.Set("count", bytes);
                bytes[0] = 100;
            }

            return (int)(context.Session.TryGetValue("count", out var now) ? now[0] : 0);
        });
        app.MapGet("/sign-out", (HttpContext context) =>
        {
            context.Session.Clear();
            context.Response.Cookies.Delete(Name, new CookieOptions { Path = "/shop" });
        });
        app.MapGet("/renew", async (HttpContext context) =>
        {
            context.Session.SetString("value", "plums");
            await context.Session.CommitAsync();
            await context.Session.RenewIdAsync();
            await context.Response.WriteAsync("renewed");
        });
        app.MapGet("/abandon", (HttpContext context) => context.Session.AbandonAsync());
        app.MapGet("/sent", (HttpContext context) => context.Request.Cookies[Name] ?? "(none)");
        return app;
    }
}
