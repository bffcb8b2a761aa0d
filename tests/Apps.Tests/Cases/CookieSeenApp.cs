using Microsoft.AspNetCore.Builder;

namespace Pomegranate.Apps.Cases;

/// <summary>An app in which others than the session look at the session's cookie: a cache, a cookie policy, middleware.</summary>
internal static class CookieSeenApp
{
    private const string Name = "orchard.sid";

    public static TriedApp App => new("session cookie")
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession(session =>
            {
                session.Cookie.Name = Name;
                session.Cookie.Extensions.Add("partitioned");
            });
            builder.Services.AddOutputCache();
            builder.Services.Configure<CookiePolicyOptions>(policy =>
            {
                policy.CheckConsentNeeded = context => context.Request.Query.ContainsKey("asks");
                policy.OnAppendCookie = appended => appended.CookieOptions.Extensions.Add($"policy={appended.CookieName == Name}");
            });
        },
        Pipeline = app =>
        {
            app.Use(async (context, next) =>
            {
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers["X-Starting"] = context.Response.Headers.SetCookie.ToString().Split('=')[0];
                    return Task.CompletedTask;
                });
                await next(context);
            });
            app.UseExceptionHandler(error => error.Run(context => context.Response.WriteAsync("sorry")));
            app.UseCookiePolicy();
            app.UseOutputCache();
            app.UseSession();
        },
        Endpoints = app =>
        {
            app.MapGet("/set", (string value, HttpContext c) => c.Session.SetString("a", value));
            app.MapGet("/get", (HttpContext c) => c.Session.GetString("a") ?? "(none)");
            app.MapGet("/id", (HttpContext c) => c.Session.Id);
        },
        Cases =
        [
            new("the output cache gives no visitor another's page",
                map => map.MapGet("page", (HttpContext c) =>
                {
                    var id = Guid.NewGuid().ToString();
                    c.Session.SetString("a", id);
                    return id;
                }).CacheOutput(),
                async walk =>
                {
                    await walk.GetAsync("page");
                    await walk.NewClient().GetAsync("page");
                    await walk.GetAsync("page");
                }),
            new("what is cached for all begins no session",
                map => map.MapGet("page", () => "each node's cache is its own").CacheOutput(),
                async walk =>
                {
                    // Each backend has a cache of its own, as each server of a farm has.
                    foreach (var client in (Client[])[walk.Client, walk.NewClient()])
                    {
                        var page = await client.FetchAsync("page");
                        walk.Note($"{(int)page.Status}, a cookie: {page.SetCookie(Name).Length > 0}");
                    }
                }),
            new("the policy and the middleware before it see the cookie, once", async walk =>
            {
                await walk.GetAsync("/set?value=1");
                await walk.GetAsync("/set?value=2");
                await walk.GetAsync("/get");
            }),
            new("without consent there is no cookie and no session afterwards", async walk =>
            {
                await walk.GetAsync("/set?value=1&asks");
                await walk.GetAsync("/get?asks");
                await walk.GetAsync("/set?value=2");
                await walk.GetAsync("/get?asks");
            }),
            new("an error page begins the session that the failed request has begun",
                map => map.MapGet("fails", (HttpContext c) =>
                {
                    c.Session.SetString("a", "before");
                    throw new InvalidOperationException("the app's own failure");
                }),
                async walk =>
                {
                    await walk.GetAsync("fails");
                    await walk.GetAsync("/get");
                }),
            new("the app reads the cookie, deletes it and sets it again",
                map =>
                {
                    map.MapGet("sent", (HttpContext c) => c.Request.Cookies.ContainsKey(Name));
                    map.MapGet("delete", (HttpContext c) => c.Response.Cookies.Delete(Name));
                },
                async walk =>
                {
                    await walk.GetAsync("/set?value=1");
                    await walk.GetAsync("sent");
                    var id = (await walk.GetAsync("/id")).Body;
                    await walk.GetAsync("delete");
                    await walk.GetAsync("/get");
                    await walk.GetAsync("/set?value=2");
                    walk.Note($"another id: {(await walk.GetAsync("/id")).Body != id}");
                }),
            new("a redirect carries the cookie",
                map => map.MapGet("go", (HttpContext c) =>
                {
                    c.Session.SetString("a", "gone");
                    return Results.Redirect("/get");
                }),
                async walk =>
                {
                    await walk.GetAsync("go");
                    await walk.GetAsync("/get");
                }),
        ],
    };
}
