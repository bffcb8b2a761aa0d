using System.Globalization;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Cases;

/// <summary>An app with <c>AddSession()</c> and <c>UseSession()</c>, and nothing set.</summary>
internal static class SessionApp
{
    public static TriedApp App => new("session")
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession();
            builder.Services.AddSignalR();
        },
        Pipeline = app =>
        {
            app.UseWebSockets();
            app.UseSession();
            app.Use((context, next) =>
            {
                SessionHubCases.ReadSession(context);
                return next(context);
            });
        },
        Endpoints = Shared,
        Cases = [.. Identity, .. Values, .. SessionTurnCases.All, .. SessionLateCases.All, .. SessionHubCases.All, .. Kills],
    };

    private static void Shared(WebApplication app)
    {
        app.MapMethods("/set", ["GET", "POST"], (string key, string value, HttpContext c) => c.Session.SetString(key, value));
        app.MapGet("/get", (string key, HttpContext c) => c.Session.GetString(key) ?? "(none)");
        app.MapGet("/count", (HttpContext c) => Count(c));
        app.MapGet("/id", (HttpContext c) => c.Session.Id);
    }

    /// <summary>One more of the session's number.</summary>
    public static string Count(HttpContext c)
    {
        var n = (c.Session.GetInt32("n") ?? 0) + 1;
        c.Session.SetInt32("n", n);
        return n.ToString(CultureInfo.InvariantCulture);
    }

    private static AppCase[] Identity =>
    [
        new("the cookie comes with the first value and not again", async walk =>
        {
            await walk.GetAsync("/get?key=a");
            await walk.GetAsync("/set?key=a&value=1");
            await walk.GetAsync("/set?key=a&value=2");
            await walk.GetAsync("/get?key=a");
        }),
        new("Id is a GUID, the same in every request, and not the cookie", async walk =>
        {
            await walk.GetAsync("/set?key=a&value=1");
            var id = (await walk.GetAsync("/id")).Body;
            walk.Note($"GUID: {Guid.TryParse(id, out _)}");
            walk.Note($"in the cookie: {walk.Client.Cookies.GetAllCookies().Any(cookie => cookie.Value.Contains(id, StringComparison.Ordinal))}");
            walk.Note($"same again: {(await walk.Client.FetchAsync("/id")).Body == id}");
        }),
        new("two clients have two sessions",
            map => map.MapGet("id", (HttpContext c) =>
            {
                c.Session.SetString("begun", "");
                return c.Session.Id;
            }),
            async walk =>
            {
                var (one, other) = (await walk.GetAsync("id"), await walk.NewClient().GetAsync("id"));
                walk.Note($"differ: {one.Body != other.Body}");
            }),
        new("a cookie that the app deletes at sign-out begins another session",
            map => map.MapGet("out", (HttpContext c) =>
            {
                c.Session.Clear();
                foreach (var cookie in c.Request.Cookies.Keys)
                {
                    c.Response.Cookies.Delete(cookie);
                }
            }),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                var id = (await walk.GetAsync("/id")).Body;
                await walk.GetAsync("out");
                await walk.GetAsync("/get?key=a");
                await walk.GetAsync("/set?key=a&value=2");
                walk.Note($"another id: {(await walk.GetAsync("/id")).Body != id}");
            }),
        new("Clear empties the session and keeps its id",
            map => map.MapGet("clear", (HttpContext c) => c.Session.Clear()),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                var id = (await walk.GetAsync("/id")).Body;
                await walk.GetAsync("clear");
                await walk.GetAsync("/get?key=a");
                walk.Note($"the same id: {(await walk.GetAsync("/id")).Body == id}");
            }),
        new("of a live and a dead cookie of the name the live one counts, in either order",
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                var live = walk.Client.Cookies.GetAllCookies().Single();
                const string dead = "CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
                using var plain = walk.NewClient();
                var first = await plain.FetchAsync("/get?key=a", $"Cookie: {live.Name}={live.Value}; {live.Name}={dead}");
                var last = await plain.FetchAsync("/get?key=a", $"Cookie: {live.Name}={dead}; {live.Name}={live.Value}");

                // Kestrel's own session takes the last and is lost where the live one is first: here both must be found.
                walk.Note($"found: {first.Body == "1" || last.Body == "1"}");
                walk.Note($"live one last: {last.Body}");
            }),
        new("a cookie that nobody gave out is not taken for a session's name",
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                var name = walk.Client.Cookies.GetAllCookies().Single().Name;
                var mine = Convert.ToBase64String("sixteen bytes, mine"u8[..16]).TrimEnd('=');
                var id = (await walk.NewClient().FetchAsync("/count", $"Cookie: {name}={mine}")).SetCookie(name);
                walk.Note($"another cookie is given: {id.Length > 0 && !id.Contains(mine, StringComparison.Ordinal)}");
            }),
    ];

    private static AppCase[] Values =>
    [
        new("what TryGetValue returns may be changed without changing the session",
            map => map.MapGet("peek", (HttpContext c) =>
            {
                if (!c.Session.TryGetValue("b", out var bytes))
                {
                    c.Session.Set("b", [0]);
                    return "begun";
                }

                bytes[0]++;
                return $"{bytes[0]}";
            }),
            async walk =>
            {
                for (var i = 0; i < 4; i++)
                {
                    await walk.GetAsync("peek");
                }
            }),
        new("bytes given to Set are the app's own afterwards: what ASP.NET Core copies",
            map => map.MapGet("set", (HttpContext c) =>
            {
                byte[] bytes = [1];
                c.Session.Set("b", bytes);
                bytes[0] = 2;
                c.Session.TryGetValue("b", out var read);
                return $"{read![0]}";
            }),
            async walk =>
            {
                await walk.GetAsync("set");
                await walk.GetAsync("/get?key=b");
            }),
        new("a change in place is seen later in the same request, or not, as on Kestrel",
            map => map.MapGet("twice", (HttpContext c) =>
            {
                c.Session.Set("b", [1]);
                c.Session.TryGetValue("b", out var one);
                one![0] = 7;
                c.Session.TryGetValue("b", out var other);
                return $"{other![0]}";
            }),
            async walk => await walk.GetAsync("twice")),
        new("an empty value and an empty key",
            map => map.MapGet("empty", (HttpContext c) =>
            {
                c.Session.Set("", [1, 2]);
                c.Session.Set("none", []);
                return $"{c.Session.Get("")?.Length} {c.Session.Get("none")?.Length} {string.Join(',', c.Session.Keys)}";
            }),
            async walk =>
            {
                await walk.GetAsync("empty");
                await walk.GetAsync("/get?key=");
            }),
    ];

    private static AppCase[] Kills =>
    [
        new("values and id outlive a kill", async walk =>
        {
            await walk.GetAsync("/set?key=a&value=1");
            await walk.GetAsync("/id");
            await walk.KillAsync();
            await walk.GetAsync("/get?key=a");
            await walk.GetAsync("/id");
        })
        { HasKill = true },
        new("a counter goes on after a kill, each number once", async walk =>
        {
            for (var i = 0; i < 3; i++)
            {
                await walk.GetAsync("/count");
            }

            await walk.KillAsync();
            for (var i = 0; i < 3; i++)
            {
                await walk.GetAsync("/count");
            }
        })
        { HasKill = true },
        new("Clear outlives a kill",
            map => map.MapGet("clear", (HttpContext c) => c.Session.Clear()),
            async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("clear");
                await walk.KillAsync();
                await walk.GetAsync("/get?key=a");
            })
        { HasKill = true },
        new("a change in place is not there after a kill either",
            map => map.MapGet("peek", (HttpContext c) =>
            {
                if (!c.Session.TryGetValue("b", out var bytes))
                {
                    c.Session.Set("b", [0]);
                    return "begun";
                }

                bytes[0]++;
                return $"{bytes[0]}";
            }),
            async walk =>
            {
                await walk.GetAsync("peek");
                await walk.GetAsync("peek");
                await walk.KillAsync();
                await walk.GetAsync("peek");
            })
        { HasKill = true },
    ];
}
