using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>What of a request target reaches the app, and how.</summary>
internal static class Targets
{
    public static IEnumerable<Case> All =>
    [
        .. Paths.Select(path => Get(path)),
        .. PathsOfBytes.Select(path => Get(path).Http1Only()),
        .. Queries.Select(query => Get("/p" + query)),
        Get("/p?" + Utf8("\u00e9=1")).Http1Only(),
        Raw("GET http://shop.test/p/abs%20olute/../x?q=%20 HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET http://shop.test HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET http://shop.test?q HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET HTTP://shop.test/p HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET http://shop.test/p/%2F HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET http://other.test/p HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET http://shop.test:8080/p HTTP/1.1\r\nHost: shop.test:8080\r\n\r\n"),
        Raw("GET https://shop.test/p HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET ftp://shop.test/p HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET http://user:pw@shop.test/p HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET shop.test/p HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET p HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET ?q HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET /p\0q HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET /a b HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET /a\tb HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET  /p HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET /p  HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET  HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Get("/p/" + Bytes(2000)).Named("a path of 2,000 bytes"),
        Get("/p?" + Bytes(7000)).Named("a query of 7,000 bytes"),
        Get("/p/" + Bytes(9000)).Named("a path that is too long").Http1Only(),
        Get("/based/x/y"),
        Get("/based"),
        Get("/result/route/7"),
        Get("/result/route/x"),
        Get("/result/route/99999999999"),
        Get("/result/binding?a=1&b=x%20y", "X-H: h"),
        Get("/result/binding?b=x"),
        Get("/result/binding?a=x"),
        Get("/RESULT/Route/7"),
    ];

    private static string[] Paths =>
    [
        "/", "/p/plain", "/p/a%20b", "/p/a+b", "/p/%C3%A9", "/p/%c3%a9", "/p/%E4%BD%A0%E5%A5%BD", "/p/%F0%9F%8D%8E", "/p/a%2Fb", "/p/a%2fb",
        "/p/%252F", "/p/%41", "/p/%C3", "/p/%C0%80", "/p/%ED%A0%80", "/p/%80", "/p/%FF", "/p/%C3%2F%A9", "/p//x", "/p/", "//", "/p/...", "/p/..x",
        "/p/.x", "/p/%25%32%46", "/p/%7E~", "/p/a;b=c", "/p/a:b@c!$&'()*,=", "/p/%3Fq?r", "/p/%5B%5D", "/p/%0A", "/p/%09", "/p/%7F",
    ];

    /// <summary>Those that a client library would change.</summary>
    private static string[] PathsOfBytes =>
    [
        "/p/%", "/p/%4", "/p/%zz", "/p/%C3%", "/p/%C3%41", "/p/%F5%80%80%80", "/p/%F0%80%80%80", "/p/%F4%90%80%80", "/p/%E4%BDx", "/p/%00",
        "/p/./x", "/p/../x", "/p/x/..", "/p/x/.", "/p/x/./", "/..", "/.", "/../..", "//..", "/p//..//x", "/p/%2e%2e/x", "/p/%2E/x", "/p/.%2e/y",
        "/p/a/b/../../../../c", "/p/a;b=c/../d", "/p/a%5Cb", "/p/a\\b", "/p/%2e%2e%2fx", "/p/a%2F../b", "/p/x#frag", "/p/a|b^c`{d}", "/p/\"q\"<>",
        "/p/[x]", "/p/" + Utf8("\u00e9"), "/p/\u00e9", "//shop.test/p",
    ];

    private static string[] Queries =>
    [
        "?", "?q", "?=", "?a=1&a=2&b=", "?a=b%20c+d", "?a=%C3%A9", "?a=/../b", "?a=%2F%26%3D", "?a=1&&b=2&", "?a=%zz", "?a[]=1&a[0]=2", "?A=1&a=2",
        "?a=1;b=2", "?a=b?c=d", "?a=%00", "?a='\"", "?%20a=%20", "?a=+%2B", "?a==b",
    ];
}
