using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Which methods reach the app, and as what.</summary>
internal static class Methods
{
    public static IEnumerable<Case> All =>
    [
        Get("/echo"),
        Head("/echo"),
        Send("DELETE /echo"),
        Send("OPTIONS /echo"),
        Send("OPTIONS *").Http1Only(),
        Send("PATCH /echo"),
        Send("BREW /echo"),
        Send("PROPFIND /echo"),
        Send("get /echo").Http1Only(),
        Send("Get /echo").Http1Only(),
        Send("M-SEARCH /echo"),
        Send("X!#$%&'*+.^_`|~ /echo").Http1Only(),
        Send("TRACE /echo"),
        SendBody("POST /echo", "abc"),
        SendBody("PUT /echo", "abc"),
        SendBody("PATCH /echo", "abc"),
        SendBody("DELETE /echo", "abc"),
        SendBody("OPTIONS /echo", "abc"),
        SendBody("GET /echo", "abc"),
        SendBody("POST /echo", ""),
        Send("POST /echo").Named("POST without a length"),
        Send("PUT /echo").Named("PUT without a length"),
        SendBody("BREW /echo", "abc"),
        Send("CONNECT shop.test:80", "Host: shop.test:80").Http1Only(),
        Raw("CONNECT /echo HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("GET * HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("G(T / HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw(" GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Raw("G\u00c9T / HTTP/1.1\r\nHost: shop.test\r\n\r\n"),
        Get("/probe"),
        Send("POST /probe"),
        Head("/probe"),
        Send("OPTIONS /probe"),
    ];
}
