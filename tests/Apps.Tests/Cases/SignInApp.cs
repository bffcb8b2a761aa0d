using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace Pomegranate.Apps.Cases;

/// <summary>An app with cookie sign-in, antiforgery and TempData in the session.</summary>
internal static class SignInApp
{
    private const string Scheme = CookieAuthenticationDefaults.AuthenticationScheme;

    public static TriedApp App => new("sign-in")
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession(session => session.Cookie.Name = "orchard.session");
            builder.Services.AddControllersWithViews().AddSessionStateTempDataProvider();
            builder.Services.AddDataProtection().SetApplicationName("orchard");
            builder.Services.AddAuthorization(options => options.AddPolicy("queen", policy => policy.RequireRole("queen")));
            builder.Services.AddAuthentication(Scheme).AddCookie(cookie =>
            {
                cookie.LoginPath = "/login";
                cookie.AccessDeniedPath = "/denied";
                cookie.ExpireTimeSpan = TimeSpan.FromMinutes(10);
                cookie.SlidingExpiration = true;
            });
        },
        Pipeline = app =>
        {
            app.UseSession();
            app.UseAuthentication();
            app.UseAuthorization();
            app.UseAntiforgery();
        },
        Endpoints = app =>
        {
            app.MapPost("/signin", async (HttpContext c) =>
            {
                c.Session.SetString("cart", "seeds");
                await c.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "demeter")], Scheme)));
                return Results.LocalRedirect("/private");
            });
            app.MapPost("/signout", async (HttpContext c) =>
            {
                await c.SignOutAsync();
                c.Session.Clear();
                c.Response.Cookies.Delete("orchard.session");
            });
            app.MapGet("/private", (HttpContext c) => $"{c.User.Identity!.Name} {c.Session.GetString("cart")}").RequireAuthorization();
            app.MapGet("/queen", () => "never").RequireAuthorization("queen");
        },
        Cases =
        [
            new("sign-in, a private page, sign-out", async walk =>
            {
                await walk.GetAsync("/private");
                await walk.PostAsync("/signin");
                await walk.GetAsync("/private");
                await walk.GetAsync("/queen");
                await walk.PostAsync("/signout");
                await walk.GetAsync("/private");
            }),
            new("after sign-out another session begins",
                map => map.MapGet("id", (HttpContext c) =>
                {
                    c.Session.SetString("begun", "");
                    return c.Session.Id;
                }),
                async walk =>
                {
                    await walk.PostAsync("/signin");
                    var one = (await walk.GetAsync("id")).Body;
                    await walk.PostAsync("/signout");
                    walk.Note($"another: {(await walk.GetAsync("id")).Body != one}");
                }),
            new("a script is told 401 where a browser is redirected", async walk =>
                await walk.GetAsync("/private", "X-Requested-With: XMLHttpRequest")),
            new("sign-in slides on and ends", async walk =>
            {
                await walk.PostAsync("/signin");
                walk.Clock.Advance(TimeSpan.FromMinutes(6));
                await walk.GetAsync("/private");
                walk.Clock.Advance(TimeSpan.FromMinutes(6));
                await walk.GetAsync("/private");
                walk.Clock.Advance(TimeSpan.FromMinutes(11));
                await walk.GetAsync("/private");
            })
            { IsAlone = true },
            new("sign-in that outlives the browser",
                map => map.MapPost("in", (HttpContext c) => c.SignInAsync(
                    new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "demeter")], Scheme)), new AuthenticationProperties { IsPersistent = true })),
                async walk =>
                {
                    await walk.PostAsync("in");
                    await walk.GetAsync("/private");
                }),
            new("a ticket so large that its cookie is cut into pieces",
                map => map.MapPost("in", (HttpContext c) => c.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity(
                    [new(ClaimTypes.Name, "demeter"), .. Enumerable.Range(0, 100).Select(i => new Claim("seed", $"number {i} {new string('x', 40)}"))], Scheme)))),
                async walk =>
                {
                    await walk.PostAsync("in");
                    await walk.GetAsync("/private");
                }),
            new("antiforgery: a form with its token, and one without",
                map =>
                {
                    map.MapGet("form", (HttpContext c, IAntiforgery antiforgery) => antiforgery.GetAndStoreTokens(c).RequestToken);
                    map.MapPost("form", ([FromForm] string name) => $"hello {name}");
                },
                async walk =>
                {
                    var token = (await walk.GetAsync("form")).Body;
                    await walk.PostFormAsync("form", ("name", "kore"), ("__RequestVerificationToken", token));
                    await walk.PostFormAsync("form", ("name", "kore"));
                    await walk.NewClient().PostFormAsync("form", ("name", "kore"), ("__RequestVerificationToken", token));
                }),
            new("TempData in the session is there once",
                map =>
                {
                    map.MapPost("keep", (HttpContext c, ITempDataDictionaryFactory factory) =>
                    {
                        factory.GetTempData(c)["note"] = "kept";
                        factory.GetTempData(c).Save();
                        return Results.LocalRedirect("/elsewhere");
                    });
                    map.MapGet("take", Take);
                },
                async walk =>
                {
                    await walk.PostAsync("keep");
                    await walk.GetAsync("take");
                    await walk.GetAsync("take");
                }),
            new("what data protection has made, it opens",
                map =>
                {
                    map.MapGet("protect", (IDataProtectionProvider provider) => provider.CreateProtector("seeds").Protect("pomegranate"));
                    map.MapGet("open", (string text, IDataProtectionProvider provider) => provider.CreateProtector("seeds").Unprotect(text));
                },
                async walk =>
                {
                    var text = (await walk.GetAsync("protect")).Body;
                    walk.Note((await walk.NewClient().FetchAsync($"open?text={text}")).Body);
                }),
            new("a signed-in user stays it through a kill", async walk =>
            {
                await walk.PostAsync("/signin");
                await walk.KillAsync();
                await walk.GetAsync("/private");
            })
            { HasKill = true },
            new("a form that was got before a kill may be posted after it",
                map =>
                {
                    map.MapGet("form", (HttpContext c, IAntiforgery antiforgery) => antiforgery.GetAndStoreTokens(c).RequestToken);
                    map.MapPost("form", ([FromForm] string name) => $"hello {name}");
                },
                async walk =>
                {
                    var token = (await walk.GetAsync("form")).Body;
                    await walk.KillAsync();
                    await walk.PostFormAsync("form", ("name", "kore"), ("__RequestVerificationToken", token));
                })
            { HasKill = true },
            new("TempData outlives a kill",
                map =>
                {
                    map.MapPost("keep", (HttpContext c, ITempDataDictionaryFactory factory) =>
                    {
                        factory.GetTempData(c)["note"] = "kept";
                        factory.GetTempData(c).Save();
                    });
                    map.MapGet("take", Take);
                },
                async walk =>
                {
                    await walk.PostAsync("keep");
                    await walk.KillAsync();
                    await walk.GetAsync("take");
                    await walk.GetAsync("take");
                })
            { HasKill = true },
            new("what data protection made before a kill opens after it",
                map =>
                {
                    map.MapGet("protect", (IDataProtectionProvider provider) => provider.CreateProtector("seeds").Protect("pomegranate"));
                    map.MapGet("open", (string text, IDataProtectionProvider provider) => provider.CreateProtector("seeds").Unprotect(text));
                },
                async walk =>
                {
                    var text = (await walk.GetAsync("protect")).Body;
                    await walk.KillAsync();
                    walk.Note((await walk.Client.FetchAsync($"open?text={text}")).Body);
                })
            { HasKill = true },
        ],
    };

    private static string Take(HttpContext c, ITempDataDictionaryFactory factory)
    {
        var note = $"{factory.GetTempData(c)["note"]}";
        factory.GetTempData(c).Save();
        return note;
    }
}
