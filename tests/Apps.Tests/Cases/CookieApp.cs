using Microsoft.AspNetCore.CookiePolicy;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.ViewFeatures;

namespace Pomegranate.Apps.Cases;

/// <summary>An app that asks for consent before it sets cookies that are not essential; its session's is not.</summary>
internal static class CookieApp
{
    public static TriedApp App => new("cookie policy")
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession();
            builder.Services.AddMvc();
            builder.Services.Configure<CookiePolicyOptions>(policy =>
            {
                policy.CheckConsentNeeded = _ => true;
                policy.MinimumSameSitePolicy = SameSiteMode.Strict;
                policy.HttpOnly = HttpOnlyPolicy.Always;
                policy.ConsentCookie.Name = "consent";
                policy.OnAppendCookie = cookie =>
                {
                    if (cookie.CookieName == "marked")
                    {
                        cookie.CookieOptions.Path = "/marked";
                    }
                };
            });
        },
        Pipeline = app =>
        {
            app.UseCookiePolicy();
            app.UseSession();
        },
        Endpoints = app =>
        {
            app.MapGet("/set", (string key, string value, HttpContext c) => c.Session.SetString(key, value));
            app.MapGet("/get", (string key, HttpContext c) => c.Session.GetString(key) ?? "(none)");
            app.MapGet("/grant", (HttpContext c) => c.Features.Get<ITrackingConsentFeature>()!.GrantConsent());
            app.MapGet("/withdraw", (HttpContext c) => c.Features.Get<ITrackingConsentFeature>()!.WithdrawConsent());
        },
        Cases =
        [
            new("without consent no session cookie is set", async walk =>
            {
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("/get?key=a");
            }),
            new("with consent the session cookie is set, as the policy has it", async walk =>
            {
                await walk.GetAsync("/grant");
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("/get?key=a");
            }),
            new("consent withdrawn leaves the session that is there", async walk =>
            {
                await walk.GetAsync("/grant");
                await walk.GetAsync("/set?key=a&value=1");
                await walk.GetAsync("/withdraw");
                await walk.GetAsync("/get?key=a");
            }),
            new("what the feature says of consent",
                map => map.MapGet("consent", (HttpContext c) =>
                {
                    var consent = c.Features.Get<ITrackingConsentFeature>()!;
                    return $"{consent.IsConsentNeeded} {consent.HasConsent} {consent.CanTrack}";
                }),
                async walk =>
                {
                    await walk.GetAsync("consent");
                    await walk.GetAsync("/grant");
                    await walk.GetAsync("consent");
                }),
            new("cookies of the app: essential ones come, others do not, the policy changes them",
                map => map.MapGet("cookies", (HttpContext c) =>
                {
                    c.Response.Cookies.Append("essential", "1", new CookieOptions { IsEssential = true, SameSite = SameSiteMode.None });
                    c.Response.Cookies.Append("other", "1");
                    c.Response.Cookies.Append("marked", "1", new CookieOptions { IsEssential = true });
                }),
                async walk => await walk.GetAsync("cookies")),
            new("TempData in its cookie waits for consent too",
                map =>
                {
                    map.MapGet("keep", (HttpContext c, ITempDataDictionaryFactory factory) =>
                    {
                        factory.GetTempData(c)["note"] = "kept";
                        factory.GetTempData(c).Save();
                    });
                    map.MapGet("take", (HttpContext c, ITempDataDictionaryFactory factory) =>
                    {
                        var note = $"{factory.GetTempData(c)["note"]}";
                        factory.GetTempData(c).Save();
                        return note;
                    });
                },
                async walk =>
                {
                    await walk.GetAsync("keep");
                    await walk.GetAsync("take");
                    await walk.GetAsync("/grant");
                    await walk.GetAsync("keep");
                    await walk.GetAsync("take");
                    await walk.GetAsync("take");
                }),
            new("consent and session outlive a kill", async walk =>
            {
                await walk.GetAsync("/grant");
                await walk.GetAsync("/set?key=a&value=1");
                await walk.KillAsync();
                await walk.GetAsync("/get?key=a");
            })
            { HasKill = true },
        ],
    };
}
