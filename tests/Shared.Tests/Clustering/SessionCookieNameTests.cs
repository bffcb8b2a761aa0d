using Pomegranate.Clustering;

namespace Pomegranate.Shared.Tests.Clustering;

/// <summary>The session cookie's name, told in a member's roles.</summary>
public sealed class SessionCookieNameTests
{
    [Theory]
    [InlineData("default", ".AspNetCore.Session", "cookie-.AspNetCore.Session")]
    [InlineData("shop", "sid", "cookie-sid")]
    [InlineData("shop", "__Host-sid", "cookie-_5F_5FHost-sid")]
    [InlineData("shop", "!#$%&'*+^`|~", "cookie-_21_23_24_25_26_27_2A_2B_5E_60_7C_7E")]
    public void ToRoles_FromRoles_IsTheSame(string app, string name, string role)
    {
        Assert.Equal([role], SessionCookieName.ToRoles(app, name));
        Assert.Equal(name, SessionCookieName.FromRoles(app, ["backend", role]));
    }

    [Theory]
    [InlineData("default", ".Pomegranate.Session")]
    [InlineData("shop", ".Pomegranate.Session.shop")]
    public void DefaultOf_NeedsNoRole(string app, string name)
    {
        Assert.Equal(name, SessionCookieName.DefaultOf(app));
        Assert.Empty(SessionCookieName.ToRoles(app, name));
        Assert.Equal(name, SessionCookieName.FromRoles(app, ["backend", "weight-3"]));
    }

    [Theory]
    [InlineData("cookie-")]
    [InlineData("cookie-_")]
    [InlineData("cookie-_4")]
    [InlineData("cookie-_GG")]
    [InlineData("cookie-_3D")]
    [InlineData("cookie-a b")]
    public void FromRoles_WhatWeCannotHaveSaid_IsTheDefault(string role) =>
        Assert.Equal(".Pomegranate.Session", SessionCookieName.FromRoles("default", [role]));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a name")]
    [InlineData("a;b")]
    [InlineData("a=b")]
    [InlineData("\u00e4")]
    [InlineData("a\r\nSet-Cookie:b")]
    public void IsValid_NoToken_False(string? name) => Assert.False(SessionCookieName.IsValid(name));

    [Fact]
    public void IsValid_TooLong_False() => Assert.False(SessionCookieName.IsValid(new string('a', 201)));
}
