using Microsoft.AspNetCore.Http;
using Pomegranate.Frontend.Http;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Tests.Http;

/// <summary>The session cookie that homes of earlier builds leave to the frontend.</summary>
public sealed class EarlierHomeCookieTests
{
    private readonly SessionId _id = SessionId.NewRandom();

    [Theory]
    [InlineData("default", "http", ".Pomegranate.Session=ID; path=/; samesite=lax; httponly")]
    [InlineData("default", "https", ".Pomegranate.Session=ID; path=/; secure; samesite=lax; httponly")]
    [InlineData("shop", "http", ".Pomegranate.Session.shop=ID; path=/; samesite=lax; httponly")]
    public void Write_Set_IsASessionCookieForThisHost(string app, string scheme, string cookie) => Assert.Equal(
        cookie.Replace("ID", _id.ToString(), StringComparison.Ordinal), new EarlierHomeCookie(app).Write(Context(scheme), default, new(CookieAction.Set, _id)));

    [Fact]
    public void Write_Delete_ExpiresIt() => Assert.Equal(
        ".Pomegranate.Session=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; samesite=lax; httponly",
        new EarlierHomeCookie("default").Write(Context("http"), default, new(CookieAction.Delete, _id)));

    [Fact]
    public void Write_Keep_OnlyForAClientThatHasNotTheId()
    {
        var cookie = new EarlierHomeCookie("default");

        Assert.Null(cookie.Write(Context("http"), default, default));
        Assert.Null(cookie.Write(Context("http"), new(_id, null), new(CookieAction.Keep, _id)));
        Assert.Null(cookie.Write(Context("http"), new(SessionId.NewRandom(), [_id]), new(CookieAction.Keep, _id)));
        Assert.NotNull(cookie.Write(Context("http"), new(SessionId.NewRandom(), null), new(CookieAction.Keep, _id)));
    }

    private static DefaultHttpContext Context(string scheme) => new() { Request = { Scheme = scheme } };
}
