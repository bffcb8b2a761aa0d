namespace Pomegranate.Apps.Cases;

/// <summary>An app that sets its session's options.</summary>
internal static class OwnCookieApp
{
    public static TriedApp App => new("session options")
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession(session =>
            {
                session.Cookie.Name = "orchard.sid";
                session.Cookie.SameSite = SameSiteMode.Strict;
                session.Cookie.MaxAge = TimeSpan.FromHours(2);
                session.Cookie.HttpOnly = false;
                session.Cookie.IsEssential = true;
                session.IdleTimeout = TimeSpan.FromSeconds(5);
            });
        },
        Pipeline = app => app.UseSession(),
        Endpoints = app =>
        {
            app.MapGet("/set", (string key, string value, HttpContext c) => c.Session.SetString(key, value));
            app.MapGet("/get", (string key, HttpContext c) => c.Session.GetString(key) ?? "(none)");
        },
        Cases =
        [
            new("the cookie has the app's name and attributes", async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("/get?key=a");
            }),
            new("the session ends after the app's idle time, with another afterwards", async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                walk.Clock.Advance(TimeSpan.FromSeconds(4));
                await walk.GetAsync("/get?key=a");
                walk.Clock.Advance(TimeSpan.FromSeconds(4));
                await walk.GetAsync("/get?key=a");
                walk.Clock.Advance(TimeSpan.FromSeconds(6));
                await walk.GetAsync("/get?key=a");
                await walk.GetAsync("/set?key=a&value=2");
                await walk.GetAsync("/get?key=a");
            })
            { IsAlone = true },
            new("it outlives a kill", async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                await walk.KillAsync();
                await walk.GetAsync("/get?key=a");
            })
            { HasKill = true },
        ],
    };
}
