using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Cookies to the app and from it.</summary>
internal static class Cookies
{
    public static IEnumerable<Case> All =>
    [
        Get("/echo", "Cookie: a=1"),
        Get("/echo", "Cookie: a=1; b=2; c=3"),
        Get("/echo", "Cookie: a=1;b=2 ;  c=3;"),
        Get("/echo", "Cookie: a=1", "Cookie: b=2").Http1Only(),
        Get("/echo", "Cookie: a=1; a=2; A=3"),
        Get("/echo", "Cookie: q=\"quoted value\"; r=\"semi;colon\""),
        Get("/echo", "Cookie: e=%20%C3%A9+x; f=a%3Db"),
        Get("/echo", "Cookie: empty=; =noname; noequals; ok=1"),
        Get("/echo", "Cookie: a=b=c; d=,e; f={json:\"x\"}"),
        Get("/echo", "Cookie: a=" + Utf8("caf\u00e9")).Http1Only(),
        Get("/echo", "Cookie: "),
        Get("/echo", "Cookie: ;;;"),
        Get("/echo", "Cookie: $Version=1; a=1; $Path=/"),
        Get("/echo", "Cookie: __Host-x=1; .dot=2; a/b=3"),
        Get("/echo", "Cookie: long=" + Bytes(6000)).Named("a cookie of 6,000 bytes"),
        Get("/echo", "Cookie: " + string.Join("; ", Enumerable.Range(0, 100).Select(i => $"c{i}={i}"))).Named("100 cookies"),
        Get("/echo", "Cookie: .Pomegranate.Session=not-one-of-ours; a=1"),
        Get("/set-cookies"),
        Head("/set-cookies"),
        Scenario("set cookies come back", Get("/set-cookies"), Get("/echo")),
    ];
}
