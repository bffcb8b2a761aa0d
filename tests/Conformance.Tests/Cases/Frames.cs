using System.Text;
using static Pomegranate.Conformance.Cases.H2;

namespace Pomegranate.Conformance.Cases;

/// <summary>
/// HTTP/2 below the requests: frames, states, header blocks, windows. What to try is h2spec's list: the section of
/// RFC 7540, which it numbers by, or of RFC 7541 is in the names.
/// </summary>
internal static class Frames
{
    private const string Magic = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    public static IEnumerable<Case> All =>
    [
        .. Prefaces, .. Shapes, .. States, .. Bodies, .. Heads, .. Others, .. SettingsAndWindows, .. Requests, .. Compression, .. Floods,
    ];

    private static IEnumerable<Case> Prefaces =>
    [
        Of("3.5 the preface alone", []),
        Bare("3.5 a wrong preface", Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")),
        Bare("3.5 HTTP/1.1 instead", Encoding.ASCII.GetBytes("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")),
        Bare("3.5 the first frame is not settings", [.. Encoding.ASCII.GetBytes(Magic), .. Frame(6, 0, 0, new byte[8])]),
    ];

    private static IEnumerable<Case> Shapes =>
    [
        Of("4.1 a frame of an unknown type", [Frame(0xFF, 0, 0, new byte[8]), Get(1)], 1),
        Of("4.1 undefined flags", [Frame(6, 0x16, 0, "12345678"u8)]),
        Of("4.1 the reserved bit", [Frame(6, 0, 0x80000000, "12345678"u8), Get(1)], 1),
        Of("4.2 data of 2^14", [Post(1), Data(1, Write.Bytes(16_384))], 1),
        Of("4.2 data of more", [Post(1), Data(1, Write.Bytes(16_385))]),
        Of("4.2 headers of more", [Headers(1, Request("GET /hello", [.. Enumerable.Range(0, 9).Select(i => $"x-{i}: {Write.Bytes(2000)}")]))]),
        Of("4.3 a header block that is none", [Headers(1, [0x40])]),
        Of("4.3 priority within a header block", [Headers(1, Request("GET /hello"), EndStream), Priority(1, 0)]),
        Of("4.3 headers of another stream within a header block", [Headers(1, Request("GET /hello"), EndStream), Get(3)]),
        Of("5.5 an unknown frame within a header block", [Headers(1, Request("GET /hello"), EndStream), Frame(0xFF, 0, 0, new byte[8])]),
    ];

    private static IEnumerable<Case> States =>
    [
        Of("5.1 idle: data", [Data(1, "x")]),
        Of("5.1 idle: reset", [Reset(1)]),
        Of("5.1 idle: window update", [WindowUpdate(1, 100)]),
        Of("5.1 idle: continuation", [Continuation(1, Request("GET /hello"))]),
        Of("5.1 half closed: data", [Get(1), Data(1, "x")]),
        Of("5.1 half closed: headers", [Get(1), Get(1)]),
        Of("5.1 half closed: continuation", [Get(1), Continuation(1, Request("GET /hello"))]),
        Of("5.1 closed by the client's reset: headers", [Post(1), Reset(1), Get(1)]),
        Of("5.1 closed by the client's reset: continuation", [Post(1), Reset(1), Continuation(1, Request("GET /hello"))]),
        Later("5.1 closed: data", [Get(1)], [Data(1, "x")]),
        Later("5.1 closed: headers", [Get(1)], [Get(1)]),
        Later("5.1 closed: continuation", [Get(1)], [Continuation(1, Request("GET /hello"))]),
        Later("5.1 closed: window update", [Get(1)], [WindowUpdate(1, 100)]),
        Later("5.1 closed: reset", [Get(1)], [Reset(1)]),
        Later("5.1 closed: priority", [Get(1)], [Priority(1, 0)]),
        Of("5.1.1 an even number", [Get(2)]),
        Later("5.1.1 a smaller number", [Get(5)], [Get(3)], 5),
        Of("5.1.1 numbers with gaps", [Get(1), Get(7), Get(101)], 1, 7, 101),
        Of("5.1.2 more streams than allowed", [.. Enumerable.Range(0, 101).Select(i => Post((uint)((2 * i) + 1))),
            .. Enumerable.Range(0, 100).Select(i => Data((uint)((2 * i) + 1), "x"))], [.. Enumerable.Range(0, 101).Select(i => (2 * i) + 1)]),
        Of("5.3.1 headers that depend on themselves", [Headers(1, [0, 0, 0, 1, 15, .. Request("GET /hello")], EndStream | EndHeaders | WithPriority)]),
        Of("5.3.1 priority that depends on itself", [Priority(1, 1)]),
        Of("5.3 headers with a priority", [Headers(1, [0x80, 0, 0, 3, 15, .. Request("GET /hello")], EndStream | EndHeaders | WithPriority)], 1),
        Of("5.3 priorities of idle streams", [Priority(3, 0), Priority(5, 3, 255), Get(1)], 1),
    ];

    private static IEnumerable<Case> Bodies =>
    [
        Of("6.1 data on the connection", [Frame(0, EndStream, 0, "x"u8)]),
        Of("6.1 padded data", [Post(1), Frame(0, EndStream | Padded, 1, [3, (byte)'x', 0, 0, 0])], 1),
        Of("6.1 data of nothing but padding", [Post(1), Frame(0, EndStream | Padded, 1, [3, 0, 0, 0])], 1),
        Of("6.1 padding longer than the frame", [Post(1), Frame(0, EndStream | Padded, 1, [9, (byte)'x'])]),
        Of("6.1 empty data, and then the body", [Post(1), Data(1, "", 0), Data(1, "", 0), Data(1, "body")], 1),
        Of("8.1.2.6 content-length as sent", [Post(1, "content-length: 6"), Data(1, "abc", 0), Data(1, "def")], 1),
        Of("8.1.2.6 content-length above the data", [Post(1, "content-length: 9"), Data(1, "abc")], 1),
        Of("8.1.2.6 content-length below the data", [Post(1, "content-length: 1"), Data(1, "abc")], 1),
        Of("8.1.2.6 content-length below the sum of the data", [Post(1, "content-length: 4"), Data(1, "abc", 0), Data(1, "def")], 1),
        Of("8.1.2.6 content-length without data", [Headers(1, Request("POST /echo", "content-length: 4"))], 1),
        Of("8.1.2.6 content-length twice", [Post(1, "content-length: 3", "content-length: 3"), Data(1, "abc")], 1),
        Of("8.1 trailers", [Post(1), Data(1, "abc", 0), Headers(1, Block("x-trailer: 1"))], 1),
        Of("8.1 second headers that do not end the stream", [Post(1), Data(1, "abc", 0), Headers(1, Block("x-trailer: 1"), EndHeaders)]),
        Of("8.1.2.1 a pseudo-header among trailers", [Post(1), Data(1, "abc", 0), Headers(1, Block(":method: POST"))], 1),
    ];

    private static IEnumerable<Case> Heads =>
    [
        Of("6.2 headers without an end, then priority", [Headers(1, Request("GET /hello"), EndStream), Priority(1, 0)]),
        Of("6.2 headers on the connection", [Headers(0, Request("GET /hello"))]),
        Of("6.2 padded headers", [Headers(1, [2, .. Request("GET /hello"), 0, 0], EndStream | EndHeaders | Padded)], 1),
        Of("6.2 padding longer than the frame", [Headers(1, [255, .. Block("x: 1")], EndStream | EndHeaders | Padded)]),
        Of("6.10 continuations", [Headers(1, Request("GET /hello"), EndStream), Continuation(1, Block("x: 1"), 0), Continuation(1, [], 0), Continuation(1, Block("y: 2"))], 1),
        Of("6.10 a field cut in two by a continuation", [Headers(1, Request("GET /hello")[..20], EndStream), Continuation(1, Request("GET /hello")[20..])], 1),
        Of("6.10 continuation of another stream", [Headers(1, Request("GET /hello"), EndStream), Continuation(3, Block("x: 1"))]),
        Of("6.10 continuation, then another frame", [Headers(1, Request("GET /hello"), EndStream), Continuation(1, Block("x: 1"), 0), Data(1, "x")]),
        Of("6.10 continuation on the connection", [Headers(1, Request("GET /hello"), EndStream), Continuation(0, Block("x: 1"))]),
        Of("6.10 continuation after the end", [Headers(1, Request("POST /echo"), EndHeaders), Continuation(1, Block("x: 1"))]),
        Of("6.10 continuation after the last", [Headers(1, Request("POST /echo"), 0), Continuation(1, Block("x: 1")), Continuation(1, Block("y: 1"))]),
        Of("6.10 continuation after data", [Post(1), Data(1, "x", 0), Continuation(1, Block("x: 1"))]),
        Of("6.10 many small continuations", [Headers(1, Request("GET /hello"), EndStream), .. Enumerable.Range(0, 200).Select(i => Continuation(1, Block($"x: {i}"), 0))]),
        Of("6.10 empty continuations without an end", [Headers(1, Request("GET /hello"), EndStream), .. Enumerable.Range(0, 2000).Select(_ => Continuation(1, [], 0)), Continuation(1, [])], 1),
    ];

    private static IEnumerable<Case> Others =>
    [
        Of("6.3 priority on the connection", [Priority(0, 1)]),
        Of("6.3 priority of four bytes", [Frame(2, 0, 1, new byte[4])]),
        Of("6.4 reset on the connection", [Reset(0)]),
        Of("6.4 reset of three bytes", [Post(1), Frame(3, 0, 1, new byte[3])]),
        Of("6.7 ping", [Ping("12345678")]),
        Of("6.7 an answer nobody asked for", [Frame(6, 1, 0, "unasked!"u8)]),
        Of("6.7 ping on a stream", [Frame(6, 0, 1, new byte[8])]),
        Of("6.7 ping of six bytes", [Frame(6, 0, 0, new byte[6])]),
        Of("6.8 goaway on a stream", [GoAway(0, 0, stream: 1)]),
        Of("6.8 goaway after a request", [Get(1), GoAway(0, 0)]),
        Of("7 goaway with an unknown error", [GoAway(0, 0xFF)]),
        Of("7 reset with an unknown error", [Post(1), Reset(1, 0xFF), Get(3)], 3),
        Of("8.2 push promise", [Frame(5, EndHeaders, 1, [0, 0, 0, 2, .. Request("GET /hello")])]),
    ];

    private static IEnumerable<Case> SettingsAndWindows =>
    [
        Of("6.5 settings", [Settings()]),
        Of("6.5 an answer with a payload", [Frame(4, 1, 0, new byte[6])]),
        Of("6.5 settings on a stream", [Frame(4, 0, 1, [])]),
        Of("6.5 settings of three bytes", [Frame(4, 0, 0, new byte[3])]),
        Of("6.5.2 push of 2", [Settings((2, 2))]),
        Of("6.5.2 a window of 2^31", [Settings((4, 0x80000000))]),
        Of("6.5.2 a frame size below 2^14", [Settings((5, 16_383))]),
        Of("6.5.2 a frame size above 2^24", [Settings((5, 16_777_216))]),
        Of("6.5.2 an unknown setting", [Settings((0xFF, 1)), Get(1)], 1),
        Of("6.5.3 a window set twice", [Settings((4, 0), (4, 1000)), Get(1)], 1),
        Of("6.9.1 a window of 1", [Settings((4, 1)), Get(1), WindowUpdate(1, 1000)], 1),
        Of("6.9.1 the connection's window above 2^31", [WindowUpdate(0, 0x7FFFFFFF), WindowUpdate(0, 0x7FFFFFFF)]),
        Of("6.9.1 a stream's window above 2^31", [Post(1), WindowUpdate(1, 0x7FFFFFFF), WindowUpdate(1, 0x7FFFFFFF)], 1),
        Of("6.9.2 a window that is set later", [Settings((4, 0)), Get(1), Settings((4, 1000))], 1),
        Of("6.9.2 a window below nothing", [Settings((4, 3)), Get(1), Settings((4, 1)), WindowUpdate(1, 1), WindowUpdate(1, 1000)], 1),
        Of("6.9 an update of 0 on the connection", [WindowUpdate(0, 0)]),
        Of("6.9 an update of 0 on a stream", [Post(1), WindowUpdate(1, 0)]),
        Of("6.9 an update of three bytes", [Frame(8, 0, 0, new byte[3])]),
        Of("6.9 a body through small windows", [Settings((4, 10)), Headers(1, Request("GET /bytes/50")), .. Enumerable.Range(0, 10).Select(_ => WindowUpdate(1, 10))], 1),
    ];

    private static IEnumerable<Case> Requests
    {
        get
        {
            (string Name, string[] Fields)[] wrong =
            [
                ("8.1.2 a name in upper case", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "X-Upper: 1"]),
                ("8.1.2 an empty name", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", ": 1"]),
                ("8.1.2 a name with a space", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "x y: 1"]),
                ("8.1.2 a value with a line break", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "x: a\r\nb"]),
                ("8.1.2 a value with NUL", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "x: a\0b"]),
                ("8.1.2.1 an unknown pseudo-header", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", ":test: 1"]),
                ("8.1.2.1 a response's pseudo-header", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", ":status: 200"]),
                ("8.1.2.1 a pseudo-header after a header", [":method: GET", ":scheme: http", ":authority: a", "x: 1", ":path: /hello"]),
                ("8.1.2.2 connection", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "connection: keep-alive"]),
                ("8.1.2.2 keep-alive", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "keep-alive: 1"]),
                ("8.1.2.2 proxy-connection", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "proxy-connection: keep-alive"]),
                ("8.1.2.2 transfer-encoding", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "transfer-encoding: chunked"]),
                ("8.1.2.2 upgrade", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "upgrade: websocket"]),
                ("8.1.2.2 te: trailers", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "te: trailers"]),
                ("8.1.2.2 te: gzip", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "te: gzip"]),
                ("8.1.2.3 an empty path", [":method: GET", ":scheme: http", ":path: ", ":authority: a"]),
                ("8.1.2.3 a path without a slash", [":method: GET", ":scheme: http", ":path: hello", ":authority: a"]),
                ("8.1.2.3 a path of a star", [":method: OPTIONS", ":scheme: http", ":path: *", ":authority: a"]),
                ("8.1.2.3 a path with a fragment", [":method: GET", ":scheme: http", ":path: /echo#part", ":authority: a"]),
                ("8.1.2.3 no method", [":scheme: http", ":path: /hello", ":authority: a"]),
                ("8.1.2.3 no scheme", [":method: GET", ":path: /hello", ":authority: a"]),
                ("8.1.2.3 no path", [":method: GET", ":scheme: http", ":authority: a"]),
                ("8.1.2.3 no authority", [":method: GET", ":scheme: http", ":path: /hello"]),
                ("8.1.2.3 a host instead of the authority", [":method: GET", ":scheme: http", ":path: /hello", "host: a"]),
                ("8.1.2.3 a host beside another authority", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "host: b"]),
                ("8.1.2.3 two methods", [":method: GET", ":method: GET", ":scheme: http", ":path: /hello", ":authority: a"]),
                ("8.1.2.3 two schemes", [":method: GET", ":scheme: http", ":scheme: http", ":path: /hello", ":authority: a"]),
                ("8.1.2.3 two paths", [":method: GET", ":scheme: http", ":path: /hello", ":path: /hello", ":authority: a"]),
                ("8.1.2.3 another scheme", [":method: GET", ":scheme: https", ":path: /hello", ":authority: a"]),
                ("8.1.2.3 a method with a space", [":method: GE T", ":scheme: http", ":path: /hello", ":authority: a"]),
                ("8.1.2.3 a lower-case method", [":method: get", ":scheme: http", ":path: /hello", ":authority: a"]),
                ("8.1.2.5 cookies in three fields", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", "cookie: a=1", "cookie: b=2", "cookie: c=3"]),
                ("8.3 CONNECT with a path", [":method: CONNECT", ":scheme: http", ":path: /hello", ":authority: a"]),
                ("8.3 CONNECT of an unknown protocol", [":method: CONNECT", ":protocol: other", ":scheme: http", ":path: /hello", ":authority: a"]),
                ("8.3 GET with a protocol", [":method: GET", ":protocol: websocket", ":scheme: http", ":path: /hello", ":authority: a"]),
                ("10.5.1 too many fields", [":method: GET", ":scheme: http", ":path: /hello", ":authority: a", .. Enumerable.Range(0, 150).Select(i => $"x-{i}: 1")]),
            ];
            return wrong.Select(request => Of(request.Name, [Headers(1, Block(request.Fields))], 1))
                .Append(Of("10.5.1 fields that are too large together",
                    [Headers(1, Request("GET /hello", $"x: {Write.Bytes(10_000)}"), EndStream), .. Enumerable.Range(0, 3).Select(i => Continuation(1, Block($"y-{i}: {Write.Bytes(10_000)}"), i == 2 ? EndHeaders : 0))], 1));
        }
    }

    /// <summary>Header blocks: the section of RFC 7541.</summary>
    private static IEnumerable<Case> Compression =>
    [
        Of("HPACK 2.3.3 an index above the table", [Headers(1, [.. Request("GET /hello"), 0xFF, 0x40])]),
        Of("HPACK 2.3.3 a literal whose name is above the table", [Headers(1, [.. Request("GET /hello"), 0x7F, 0x40, 1, (byte)'x'])]),
        Of("HPACK 4.2 a table size after a field", [Headers(1, [.. Request("GET /hello"), 0x20])]),
        Of("HPACK 5.2 Huffman padding above seven bits", [Headers(1, [.. Request("GET /hello"), 0, 1, (byte)'x', 0x83, 0x1C, 0xFF, 0xFF])]),
        Of("HPACK 5.2 Huffman padding of zeros", [Headers(1, [.. Request("GET /hello"), 0, 1, (byte)'x', 0x81, 0x18])]),
        Of("HPACK 5.2 Huffman's end of string", [Headers(1, [.. Request("GET /hello"), 0, 1, (byte)'x', 0x84, 0xFF, 0xFF, 0xFF, 0xFF])]),
        Of("HPACK 5.2 a string longer than the block", [Headers(1, [.. Request("GET /hello"), 0, 1, (byte)'x', 50, (byte)'x'])]),
        Of("HPACK 5.1 an integer above 32 bits", [Headers(1, [.. Request("GET /hello"), 0, 1, (byte)'x', 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])]),
        Of("HPACK 6.1 index 0", [Headers(1, [.. Request("GET /hello"), 0x80])]),
        Of("HPACK 6.3 a table above what was allowed", [Headers(1, [0x3F, 0xE2, 0xFF, 0x03, .. Request("GET /hello")])]),
        Of("HPACK 6.2 fields of the static table", [Headers(1, [0x82, 0x86, 0x84, 0x41, 1, (byte)'a'])], 1),
        Of("HPACK 6.2 a field that is indexed and used again", [Headers(1, [.. Request("GET /hello"), 0x40, 1, (byte)'x', 1, (byte)'1', 0xBE])], 1),
        Of("HPACK 6.2 Huffman", [Headers(1, [0x82, 0x86, 0x84, 0x41, 0x8C, 0xF1, 0xE3, 0xC2, 0xE5, 0xF2, 0x3A, 0x6B, 0xA0, 0xAB, 0x90, 0xF4, 0xFF])], 1),
    ];

    private static IEnumerable<Case> Floods =>
    [
        Of("a hundred requests at once", [.. Enumerable.Range(0, 100).Select(i => Get((uint)((2 * i) + 1)))], [.. Enumerable.Range(0, 100).Select(i => (2 * i) + 1)]),
        Of("fifty requests reset at once, and one that is not", [.. Enumerable.Range(0, 50).SelectMany(i => (byte[][])[Post((uint)((2 * i) + 1)), Reset((uint)((2 * i) + 1))]), Get(101)], 101),
        Of("pings", [.. Enumerable.Range(0, 100).Select(_ => Frame(6, 1, 0, new byte[8])), Get(1)], 1),
        Of("settings", [.. Enumerable.Range(0, 100).Select(_ => Settings()), Get(1)], 1),
    ];

    private static byte[] Get(uint stream) => Headers(stream, Request("GET /hello"));

    /// <summary>A POST whose body follows.</summary>
    private static byte[] Post(uint stream, params string[] more) => Headers(stream, Request("POST /echo", more), EndHeaders);

    /// <summary>A connection that begins as it should: no dynamic table towards the client, whose decoder is simple.</summary>
    private static Case Of(string name, byte[][] frames, params int[] streams) =>
        new(name, new FramesStep([.. frames.SelectMany(frame => frame)], streams, [.. Encoding.ASCII.GetBytes(Magic), .. Settings((1, 0))])) { AlsoOverHttp2 = false };

    private static Case Later(string name, byte[][] first, byte[][] then, int stream = 1)
    {
        var @case = Of(name, first, stream);
        return @case with { Steps = [(FramesStep)@case.Steps[0] with { Then = [.. then.SelectMany(frame => frame)] }] };
    }

    private static Case Bare(string name, byte[] bytes) => new(name, new FramesStep([], [], bytes)) { AlsoOverHttp2 = false };
}
