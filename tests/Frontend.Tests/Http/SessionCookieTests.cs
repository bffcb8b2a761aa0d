using Microsoft.AspNetCore.Http;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Frontend.Http;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Tests.Http;

/// <summary>The session cookie, read and written.</summary>
public sealed class SessionCookieTests
{
    private const string Name = ".Pomegranate.Session";

    private readonly SessionId _id = SessionId.NewRandom();

    [Fact]
    public void Read_OwnCookie_IsTheId() => Assert.Equal(_id, Cookie().Read(Context($"a=b; {Name}={_id}; c=d").Request));

    [Fact]
    public void Read_NoCookie_IsNull() => Assert.Null(Cookie().Read(Context(null).Request));

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAB")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA+/")]
    [InlineData("AAAAAAAAAA AAAAAAAAAAA")]
    [InlineData("\"AAAAAAAAAAAAAAAAAAAA\"")]
    public void Read_ValueWeCannotHaveMade_IsNull(string value) => Assert.Null(Cookie().Read(Context($"{Name}={value}").Request));

    [Fact]
    public void Read_CookieOfAnotherName_IsNull() => Assert.Null(Cookie(new() { CookieName = "sid" }).Read(Context($"{Name}={_id}").Request));

    [Fact]
    public void Write_Set_IsASessionCookieForThisHost() => Assert.Equal(
        $"{Name}={_id}; path=/; samesite=lax; httponly", Cookie().Write(Context(null), new(CookieAction.Set, _id)));

    [Fact]
    public void Write_SetOverHttps_IsSecure() => Assert.Equal(
        $"{Name}={_id}; path=/; secure; samesite=lax; httponly", Cookie().Write(Context(null, "https"), new(CookieAction.Set, _id)));

    [Fact]
    public void Write_Set_HasWhatTheOptionsSay()
    {
        var cookie = Cookie(new()
        {
            CookieName = "sid",
            CookieDomain = "shop.example",
            CookiePath = "/shop",
            CookieSameSite = SameSiteMode.Strict,
            CookieSecure = CookieSecurePolicy.Always,
        });

        Assert.Equal(
            $"sid={_id}; domain=shop.example; path=/shop; secure; samesite=strict; httponly",
            cookie.Write(Context(null), new(CookieAction.Set, _id)));
    }

    [Fact]
    public void Write_Delete_ExpiresTheCookieWhereItWasSet() => Assert.Equal(
        "sid=; expires=Thu, 01 Jan 1970 00:00:00 GMT; domain=shop.example; path=/shop; samesite=lax; httponly",
        Cookie(new() { CookieName = "sid", CookieDomain = "shop.example", CookiePath = "/shop" }).Write(Context(null), new(CookieAction.Delete, _id)));

    [Fact]
    public void Write_Keep_NothingForAClientThatHasTheIdOrNoSession()
    {
        Assert.Null(Cookie().Write(Context($"{Name}={_id}"), new(CookieAction.Keep, _id)));
        Assert.Null(Cookie().Write(Context(null), default));
        Assert.Null(Cookie().Write(Context($"{Name}={_id}"), default));
    }

    [Fact]
    public void Write_KeepAnIdTheClientHasNot_SetsIt() => Assert.StartsWith(
        $"{Name}={_id};", Cookie().Write(Context($"{Name}={SessionId.NewRandom()}"), new(CookieAction.Keep, _id)), StringComparison.Ordinal);

    private static SessionCookie Cookie(GatewayOptions? options = null) => new(options ?? new GatewayOptions());

    private static DefaultHttpContext Context(string? cookies, string scheme = "http")
    {
        var context = new DefaultHttpContext { Request = { Scheme = scheme } };
        context.Request.Headers.Cookie = cookies;
        return context;
    }
}
