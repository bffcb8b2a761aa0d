using Pomegranate.ClusterTests.Harness;
using Pomegranate.Sessions;

namespace Pomegranate.ClusterTests.Sessions;

/// <summary>The session cookie is the app's: its options describe it, and what is in the app's response the app sees.</summary>
public sealed class AppCookieTests(CookieApp app) : IClassFixture<CookieApp>
{
    [Fact]
    public async Task FirstWrite_TheCookieIsAsTheAppsOptionsSay()
    {
        using var browser = app.Cluster.NewBrowser();

        var answer = await GetAsync(browser, "/store?value=plums");

        answer.Ok();
        Assert.Equal($"{CookieApp.Name}={Cookie(browser)}; max-age=7200; path=/shop; samesite=strict", Assert.Single(answer.SetCookies));
        Assert.Equal("no-store, no-cache", answer.Headers.CacheControl!.ToString());
        Assert.Equal("plums", (await GetAsync(browser, "/read")).Ok());
        Assert.Empty((await GetAsync(browser, "/store?value=pears")).SetCookies);
        Assert.Equal(Cookie(browser), (await GetAsync(browser, "/sent")).Ok());
    }

    [Fact]
    public async Task FirstWrite_MiddlewareBeforeTheSessionsSeesTheCookieAsTheResponseStarts()
    {
        using var browser = app.Cluster.NewBrowser();

        var answer = await GetAsync(browser, "/store?value=plums");

        Assert.Equal(CookieApp.Name, Assert.Single(answer.Headers.GetValues("X-Seen")));
    }

    [Fact]
    public async Task OutputCache_NeverServesOneVisitorsPageToAnother()
    {
        using var one = app.Cluster.NewBrowser();
        using var other = app.Cluster.NewBrowser();

        var first = await GetAsync(one, "/cached");
        var second = await GetAsync(other, "/cached");

        Assert.NotEqual(first.Ok(), second.Ok());
        Assert.Single(second.SetCookies);
        Assert.NotEqual(Cookie(one), Cookie(other));
    }

    [Fact]
    public async Task NoConsent_NoCookie()
    {
        using var browser = app.Cluster.NewBrowser();

        var answer = await GetAsync(browser, "/store?value=plums&asks");

        answer.Ok();
        Assert.Empty(answer.SetCookies);
        Assert.Equal("(none)", (await GetAsync(browser, "/read")).Ok());
    }

    [Fact]
    public async Task IdleForTheAppsTimeout_SessionIsGone()
    {
        using var browser = app.Cluster.NewBrowser();
        await GetAsync(browser, "/store?value=plums");
        app.Cluster.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("plums", (await GetAsync(browser, "/read")).Ok());

        app.Cluster.Clock.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal("(none)", (await GetAsync(browser, "/read")).Ok());
    }

    [Fact]
    public async Task SignOut_TheAppDeletesItsCookie_AnotherIdAfterwards()
    {
        using var browser = app.Cluster.NewBrowser();
        var id = (await GetAsync(browser, "/store?value=plums")).Ok();
        Assert.Equal(id, (await GetAsync(browser, "/id")).Ok());

        await GetAsync(browser, "/sign-out");

        Assert.Null(Cookie(browser));
        Assert.NotEqual(id, (await GetAsync(browser, "/store?value=pears")).Ok());
    }

    [Fact]
    public async Task Abandon_TakesACookieThatWouldLast()
    {
        using var browser = app.Cluster.NewBrowser();
        await GetAsync(browser, "/store?value=plums");

        var answer = await GetAsync(browser, "/abandon");

        Assert.Equal($"{CookieApp.Name}=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/shop; samesite=strict", Assert.Single(answer.SetCookies));
        Assert.Null(Cookie(browser));
    }

    [Fact]
    public async Task BegunCommittedAndRenewed_OnlyTheLastCookieIsWritten()
    {
        using var browser = app.Cluster.NewBrowser();

        var answer = await GetAsync(browser, "/renew");

        answer.Ok();
        Assert.Single(answer.SetCookies);
        Assert.Equal("plums", (await GetAsync(browser, "/read")).Ok());
    }

    [Theory]
    [InlineData("{live}")]
    [InlineData("{dead}; NAME={live}")]
    [InlineData("{live}; NAME={dead}")]
    [InlineData("{dead}; NAME={live}; NAME={gone}; NAME=rubbish")]
    public async Task CookiesOfTheName_LiveAndDead_TheLiveOneCounts(string cookies)
    {
        using var browser = app.Cluster.NewBrowser();
        await GetAsync(browser, "/store?value=plums");
        var header = $"NAME={cookies}".Replace("NAME", CookieApp.Name, StringComparison.Ordinal)
            .Replace("{live}", Cookie(browser), StringComparison.Ordinal)
            .Replace("{dead}", $"{SessionId.NewRandom()}", StringComparison.Ordinal)
            .Replace("{gone}", $"{SessionId.NewRandom()}", StringComparison.Ordinal);

        var answer = await SendAsync("/read", header);

        Assert.Equal("plums", answer.Ok());
        Assert.Empty(answer.SetCookies);
    }

    [Fact]
    public async Task TryGetValue_WhatItReturnsIsTheAppsOwn()
    {
        using var browser = app.Cluster.NewBrowser();
        Assert.Equal("1", (await GetAsync(browser, "/count?set")).Ok());

        // In one request it is the same array, as with ASP.NET Core's own session; the next one finds what was set.
        Assert.Equal("2", (await GetAsync(browser, "/count")).Ok());
        Assert.Equal("2", (await GetAsync(browser, "/count")).Ok());
        Assert.Equal("2", (await GetAsync(browser, "/count?set")).Ok());
    }

    [Fact]
    public async Task NewFrontend_KnowsTheNameFromItsFirstRequestOn()
    {
        using var browser = app.Cluster.NewBrowser();
        await GetAsync(browser, "/store?value=plums");
        await using var frontend = await app.Cluster.StartFrontendAsync();

        Assert.Equal("plums", (await SendAsync("/read", $"{CookieApp.Name}={Cookie(browser)}", frontend)).Ok());
    }

    [Fact]
    public async Task NameRolledOut_BothNamesLeadToTheSession_AndTheHomeGivesItsOwn()
    {
        var backend = await app.Cluster.StartBackendAsync("renamed", ("CookieName", "renamed"));
        try
        {
            var id = await Await.UntilAsync("a session at the backend that has the new name", async () =>
            {
                var answer = await SendAsync("/store?value=plums", null);
                return answer.SetCookies.Single().Split('=', ';') is ["renamed", var value, ..] ? value : null;
            }, id => id is not null);

            Assert.Equal("plums", (await SendAsync("/read", $"renamed={id}")).Ok());
            var earlier = await SendAsync("/read", $"{CookieApp.Name}={id}");
            Assert.Equal("plums", earlier.Ok());
            Assert.StartsWith($"renamed={id};", Assert.Single(earlier.SetCookies), StringComparison.Ordinal);
            Assert.Equal("(none)", (await SendAsync("/read", $"other={id}")).Ok());
        }
        finally
        {
            await app.Cluster.StopBackendAsync(backend);
        }
    }

    private static string? Cookie(Browser browser) => browser.CookieNamed(CookieApp.Name);

    private static Task<Answer> GetAsync(Browser browser, string path) => browser.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/shop" + path));

    /// <summary>A client of its own, with these cookies.</summary>
    private async Task<Answer> SendAsync(string path, string? cookies, TestFrontend? frontend = null)
    {
        using var browser = app.Cluster.NewBrowser(frontend);
        var request = new HttpRequestMessage(HttpMethod.Get, "/shop" + path);
        if (cookies is not null)
        {
            request.Headers.Add("Cookie", cookies);
        }

        return await browser.SendAsync(request);
    }
}
