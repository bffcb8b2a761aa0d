using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Connections: kept, closed, shared by requests that do not wait for each other.</summary>
internal static class Connections
{
    public static IEnumerable<Case> All =>
    [
        Get("/hello", "Connection: close").Http1Only(),
        Get("/hello", "Connection: keep-alive").Http1Only(),
        Get("/hello", "Connection: Close").Http1Only(),
        Get("/hello", "Connection: keep-alive, close").Http1Only(),
        Get("/empty", "Connection: close").Http1Only(),
        Get("/pieces/3", "Connection: close").Http1Only(),
        Head("/hello", "Connection: close").Http1Only(),
        SendBody("POST /echo", "abc", "Connection: close").Http1Only(),
        Get("/set-headers?Connection=close").Http1Only(),
        Get("/set-headers-only?Connection=close").Http1Only(),
        Old("GET /hello"),
        Old("GET /echo"),
        Old("GET /hello", null, "Connection: keep-alive"),
        Old("GET /pieces/3"),
        Old("GET /pieces/3", null, "Connection: keep-alive"),
        Old("GET /bytes-length/10", null, "Connection: keep-alive"),
        Old("GET /empty", null, "Connection: keep-alive"),
        Old("HEAD /hello", null, "Connection: keep-alive"),
        Old("POST /echo", "abc"),
        Old("POST /echo", "abc", "Connection: keep-alive"),
        Old("GET /throw"),
        Old("GET /status/204"),
        Old("GET /status/304", null, "Connection: keep-alive"),
        Raw("GET /echo HTTP/1.0\r\n\r\n"),
        Raw("POST /echo HTTP/1.0\r\n\r\n"),
        Raw("GET http://shop.test/echo HTTP/1.0\r\n\r\n"),
        Scenario("five requests on a connection", Get("/hello"), Get("/status/204"), SendBody("POST /echo", "abc"), Head("/hello"), Get("/pieces/3")),
        Scenario("a connection after errors", Get("/throw"), Get("/nowhere", "X: 1"), Get("/throw-bad/400"), Get("/too-few"), Get("/hello")),
        Scenario("a connection after an unread body", SendBody("POST /unread", Bytes(1000)), Get("/hello")),
        Scenario("a connection after a chunked unread body",
            SendBody("POST /unread", "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), Get("/hello")).Http1Only(),
        Scenario("a new connection after close", Get("/hello", "Connection: close"), Get("/hello")).Http1Only(),
        Pipelined(One("GET /hello"), One("GET /echo")),
        Pipelined(One("GET /pieces/2"), One("GET /status/204"), One("HEAD /hello"), One("GET /bytes/3000"), One("GET /hello")),
        Pipelined(One("POST /echo", "Content-Length: 3", "") + "abc", One("GET /hello")),
        Pipelined(One("POST /echo", "Transfer-Encoding: chunked", "") + "3\r\nabc\r\n0\r\n\r\n", One("GET /hello")),
        Pipelined(One("POST /unread", "Content-Length: 3", "") + "abc", One("GET /hello")),
        Pipelined(One("GET /throw"), One("GET /hello")),
        Pipelined(One("GET /throw-started"), One("GET /hello")),
        Pipelined(One("GET /abort"), One("GET /hello")),
        Pipelined(One("GET /hello", "Connection: close", ""), One("GET /hello")),
        Pipelined(One("GET /hello"), "nonsense\r\n\r\n"),
        Pipelined(One("GET /hello"), "\r\n" + One("GET /hello")),
        Pipelined([.. Enumerable.Range(0, 20).Select(i => One($"GET /bytes/{i}"))]),
    ];

    private static string One(string line, params string[] more)
        => $"{line} HTTP/1.1\r\nHost: shop.test\r\n{(more.Length == 0 ? "\r\n" : string.Join("\r\n", [.. more, ""]))}";
}
