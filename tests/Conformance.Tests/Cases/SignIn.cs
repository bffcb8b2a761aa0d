using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Challenges, cookies of ASP.NET Core's own, antiforgery.</summary>
internal static class SignIn
{
    public static IEnumerable<Case> All =>
    [
        Get("/private"),
        Get("/private?x=1&y=%2F"),
        Get("/private", "X-Requested-With: XMLHttpRequest"),
        Get("/private", "Cookie: .AspNetCore.Cookies=forged"),
        Send("POST /private"),
        Get("/private/role"),
        Get("/private/basic"),
        Get("/private/basic", "Authorization: Basic ZGVtZXRlcjpjb3Ju"),
        Get("/private/basic", "Authorization: basic ZGVtZXRlcjpjb3Ju"),
        Get("/private/basic", "Authorization: Basic d3Jvbmc="),
        Get("/private/basic", "Authorization: Bearer x"),
        Head("/private/basic"),
        Scenario("sign in and out", Send("POST /signin"), Get("/private"), Get("/private/role"), Send("POST /signout"), Get("/private")),
        Scenario("sign in on a later request", Get("/hello"), Send("POST /signin"), Get("/private"), Get("/session/number"), Get("/private")),
        Get("/antiforgery"),
        Form("/antiforgery", "name=x"),
        Form("/antiforgery/asked", "name=x"),
        Scenario("a form with its token", Get("/antiforgery"), Form("/antiforgery", "name=x&__RequestVerificationToken={X-Keep-Token}")),
        Scenario("a header with its token", Get("/antiforgery"), Form("/antiforgery/asked", "name=x", "RequestVerificationToken: {X-Keep-Token}")),
        Scenario("a form with a wrong token", Get("/antiforgery"), Form("/antiforgery", "name=x&__RequestVerificationToken=wrong")),
        Scenario("a token of somebody else", Get("/antiforgery"), Send("POST /signin"), Form("/antiforgery/asked", "a=1", "RequestVerificationToken: {X-Keep-Token}")),
    ];
}
