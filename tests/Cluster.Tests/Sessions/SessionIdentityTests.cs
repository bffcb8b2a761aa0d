using System.Net;
using Pomegranate.Backend;
using Pomegranate.Backend.Sessions;
using Pomegranate.ClusterTests.Harness;
using Pomegranate.Sessions;

namespace Pomegranate.ClusterTests.Sessions;

/// <summary>Which id a session has, and how a client comes by it and loses it.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class SessionIdentityTests(SharedCluster shared)
{
    [Fact]
    public async Task FirstWrite_SetsTheCookieOnce_AndTheIdIsNotItsValue()
    {
        using var browser = shared.Cluster.NewBrowser();

        var first = await browser.RunAsync(http =>
        {
            http.Session.SetString("key", "value");
            return http.Session.Id;
        });
        var second = await browser.RunAsync(http => http.Session.Id);

        var cookie = Assert.Single(first.SetCookies);
        Assert.Equal($".Pomegranate.Session={browser.SessionCookie}; path=/; samesite=lax; httponly", cookie);
        Assert.True(Guid.TryParseExact(first.Ok(), "D", out _), first.Text);
        Assert.Equal(first.Text, second.Ok());
        Assert.Empty(second.SetCookies);
    }

    [Fact]
    public async Task SessionReadButNotWritten_SetsNoCookie()
    {
        using var browser = shared.Cluster.NewBrowser();

        Assert.Empty((await browser.RunAsync(http => http.Session.GetString("key") ?? "(none)")).SetCookies);
    }

    [Fact]
    public async Task WellFormedIdOfTheClients_IsNotAdopted()
    {
        var planted = SessionId.NewRandom().ToString();
        using var browser = shared.Cluster.NewBrowser();
        browser.SessionCookie = planted;

        var answer = await browser.RunAsync(http =>
        {
            http.Session.SetString("key", "value");
            return http.Session.Id;
        });

        answer.Ok();
        Assert.NotEqual(planted, browser.SessionCookie);
        using var planter = shared.Cluster.NewBrowser();
        planter.SessionCookie = planted;
        Assert.Equal("(none)", await planter.ReadAsync("key"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAB")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("%00%00%0d%0aSet-Cookie:x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task MalformedCookie_CountsAsNone(string value)
    {
        using var browser = shared.Cluster.NewBrowser();
        var path = browser.Path(context =>
        {
            context.Session.SetString("key", "value");
            return context.Response.WriteAsync(context.Session.Id);
        });
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", $".Pomegranate.Session={value}");

        var answer = await browser.SendAsync(request);

        answer.Ok();
        Assert.True(SessionId.TryParse(browser.SessionCookie, out _), browser.SessionCookie);
        Assert.Equal("value", await browser.ReadAsync("key"));
    }

    [Fact]
    public async Task RenewId_KeepsTheDataAndKillsTheOldId()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");
        var (old, oldId) = (browser.SessionCookie, (await browser.RunAsync(http => http.Session.Id)).Ok());

        var renewal = await browser.RunAsync(async http =>
        {
            http.Session.SetString("with the renewal", "too");
            await http.Session.RenewIdAsync();
            await http.Response.WriteAsync(http.Session.Id);
        });

        Assert.NotEqual(oldId, renewal.Ok());
        Assert.NotEqual(old, browser.SessionCookie);
        Assert.Equal(renewal.Text, (await browser.RunAsync(http => http.Session.Id)).Ok());
        Assert.Equal("value", await browser.ReadAsync("key"));
        Assert.Equal("too", await browser.ReadAsync("with the renewal"));
        using var thief = shared.Cluster.NewBrowser();
        thief.SessionCookie = old;
        Assert.Equal("(none)", await thief.ReadAsync("key"));
        Assert.Empty(shared.Cluster.Ended.Of(old!));
    }

    [Fact]
    public async Task Abandon_EndsTheSessionAndDeletesTheCookie()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");
        var id = browser.SessionCookie;

        var seen = await browser.RunAsync(async http =>
        {
            await http.Session.AbandonAsync();
            await http.Response.WriteAsync(http.Session.GetString("key") ?? "(none)");
        });

        Assert.Equal("(none)", seen.Ok());
        Assert.Null(browser.SessionCookie);
        using var other = shared.Cluster.NewBrowser();
        other.SessionCookie = id;
        Assert.Equal("(none)", await other.ReadAsync("key"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RenewIdOrAbandon_InAnAppThatCallsUseSession_Works(bool abandons)
    {
        // UseSession() commits once the app has run, and the server when the response starts: the id ends once.
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");
        var path = $"/usesession/{shared.Cluster.Code.Add(async http =>
        {
            await (abandons ? http.Session.AbandonAsync() : http.Session.RenewIdAsync());
            if (!abandons)
            {
                http.Session.SetString("user", "Ada");
            }

            http.Response.Redirect("/");
        })}";

        var answer = await browser.SendAsync(new(HttpMethod.Get, path));

        Assert.Equal(HttpStatusCode.Found, answer.Status);
        Assert.Equal(abandons ? "(none)" : "value", await browser.ReadAsync("key"));
        Assert.Equal(abandons ? "(none)" : "Ada", await browser.ReadAsync("user"));
    }

    [Fact]
    public async Task RenewIdAndAbandon_OnReadOnlyEndpoint_Throw()
    {
        using var browser = shared.Cluster.NewBrowser();
        await browser.StoreAsync("key", "value");

        var answer = await browser.RunAsync(
            async http =>
            {
                await Assert.ThrowsAsync<InvalidOperationException>(http.Session.RenewIdAsync);
                await Assert.ThrowsAsync<InvalidOperationException>(http.Session.AbandonAsync);
            },
            SessionAccess.ReadOnly);

        answer.Ok();
        Assert.Equal("value", await browser.ReadAsync("key"));
    }
}
