using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Bodies with a length and bodies in chunks.</summary>
internal static class RequestBodies
{
    public static IEnumerable<Case> All =>
    [
        SendBody("POST /echo", ""),
        SendBody("POST /echo", "a"),
        SendBody("POST /echo", "\u0000\u00ff\r\n\r\n"),
        SendBody("POST /echo", Bytes(5000)).Named("5,000 bytes"),
        SendBody("POST /echo", Bytes(65_536)).Named("65,536 bytes"),
        SendBody("POST /echo", Bytes(300_000)).Named("300,000 bytes"),
        SendBody("POST /unread", "abc"),
        SendBody("POST /unread", Bytes(300_000)).Named("300,000 bytes that nobody reads"),
        SendBody("POST /read-one", "abc"),
        SendBody("POST /read-one", Bytes(300_000)).Named("300,000 bytes of which one is read"),
        SendBody("POST /twice", "again"),
        SendBody("POST /pipe", "0123456789"),
        SendBody("POST /limit/3", "123"),
        SendBody("POST /limit/3", "1234"),
        SendBody("POST /limit/0", ""),
        SendBody("POST /limit/3", "4\r\n1234\r\n0\r\n\r\n", "Transfer-Encoding: chunked").Http1Only(),
        SendBody("POST /limit/10", "4\r\n1234\r\n0\r\n\r\n", "Transfer-Encoding: chunked").Http1Only(),
        SendBody("POST /limit-late", "1234"),
        SendBody("POST /limit-default", "1234"),
        SendBody("POST /read-sync", "1234"),
        SendBody("POST /read-closed", "1234"),
        SendBody("POST /request-trailers", "1234"),
        Get("/request-trailers"),
        Get("/read-one"),
        Get("/twice"),
        .. Chunked.Select(body => SendBody("POST /echo", body, "Transfer-Encoding: chunked").Http1Only()),
        SendBody("POST /echo", "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: Chunked").Http1Only(),
        SendBody("POST /echo", "3\r\nabc\r\n0\r\n\r\n", "transfer-encoding: chunked", "Content-Type: text/plain").Http1Only(),
        SendBody("GET /echo", "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked").Http1Only(),
        SendBody("DELETE /echo", "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked").Http1Only(),
        SendBody("POST /unread", "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked").Http1Only(),
        SendBody("POST /echo", InChunks(Bytes(300_000), 10_000), "Transfer-Encoding: chunked").Named("300,000 bytes in chunks").Http1Only(),
        SendBody("POST /echo", InChunks(Bytes(500), 1), "Transfer-Encoding: chunked").Named("500 chunks of a byte").Http1Only(),
        Expect("/echo", "abc"),
        Expect("/echo", "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        Expect("/echo", Bytes(100_000)).Named("100 (Continue) and 100,000 bytes"),
        SendBody("POST /echo", "abc", "Expect: 100-continue").Http1Only().Named("a client that does not wait for 100"),
        SendBody("POST /echo", "abc", "Expect: 100-Continue").Http1Only(),
        SendBody("POST /echo", "abc", "Expect: 200-maybe").Http1Only(),
        Get("/echo", "Expect: 100-continue").Http1Only(),
        Old("POST /echo", "abc", "Expect: 100-continue"),
    ];

    private static string[] Chunked =>
    [
        "0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "A\r\n0123456789\r\n0\r\n\r\n", "a\r\n0123456789\r\n0\r\n\r\n",
        "0003\r\nabc\r\n000\r\n\r\n", "3;name=value\r\nabc\r\n0;last\r\n\r\n", "3;a=\"b;c\"\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "3 ;x\r\nabc\r\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\nX-Sum: 6\r\n\r\n", "3\r\nabc\r\n0\r\nX-Sum: 6\r\nContent-Length: 9\r\n\r\n",
        "x\r\nabc\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n", "\r\nabc\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\nabc\n0\n\n", "0x3\r\nabc\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\nabc", "3\r\nabc\r\n0\r\nbad trailer\r\n\r\n", "3;a\nb\r\nabc\r\n0\r\n\r\n", " 3\r\nabc\r\n0\r\n\r\n",
    ];

    private static string InChunks(string body, int size) => string.Concat(
        body.Chunk(size).Select(chunk => $"{chunk.Length:x}\r\n{new string(chunk)}\r\n")) + "0\r\n\r\n";
}
