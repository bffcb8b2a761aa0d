using static Pomegranate.Conformance.Cases.SocketFrame;

namespace Pomegranate.Conformance.Cases;

/// <summary>
/// WebSockets over HTTP/1.1 and HTTP/2. What to try is the Autobahn TestSuite's catalogue: its numbers are in the names.
/// </summary>
internal static class WebSockets
{
    private const int Kilo = 1024;

    public static IEnumerable<Case> All =>
    [
        .. Handshakes, .. Sizes, .. Pings, .. Reserved, .. Fragments, .. Utf8, .. Closes, .. Large, .. Compressed, .. ByTheApp,
    ];

    private static IEnumerable<Case> Handshakes =>
    [
        Talk("named: two subprotocols are asked for", "/ws/named", ["Sec-WebSocket-Protocol: apple, pear"], Text("x")),
        Talk("named: none is asked for", "/ws/named", [], Text("x")),
        Talk("an origin", "/ws/echo", ["Origin: http://other.test"], Text("x")),
        Talk("an extension nobody knows", "/ws/echo", ["Sec-WebSocket-Extensions: x-unknown"], Text("x")),
        Talk("deflate is offered, and the app does not want it", "/ws/echo", ["Sec-WebSocket-Extensions: permessage-deflate"], Text("x")),
        On("the app refuses", "/ws/refuse", []),
        On("no such page", "/status/404", []),
        Write.Get("/ws/echo"),
        Write.Get("/ws/echo", "Upgrade: websocket").Http1Only(),
        Write.Get("/ws/echo", "Connection: Upgrade").Http1Only(),
        Write.Get("/ws/echo", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13").Http1Only(),
        Write.Get("/ws/echo", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: short").Http1Only(),
        Write.Get("/ws/echo", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 8", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==").Http1Only(),
        Write.Get("/ws/echo", "Connection: Upgrade", "Upgrade: other", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==").Http1Only(),
        Write.SendBody("POST /ws/echo", "abc", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==").Http1Only(),
    ];

    private static IEnumerable<Case> Sizes =>
    [
        .. new[] { 0, 125, 126, 127, 128, 65_535, 65_536 }.SelectMany(size => new[]
        {
            Talk($"1.1 text of {size}", Text(Write.Bytes(size))),
            Talk($"1.2 binary of {size}", Binary(Noise(size))),
        }),
        TalkInPieces("1.1.8 text of 65536 in pieces of 997", 997, Text(Write.Bytes(65_536))),
        TalkInPieces("1.2.8 binary of 65536 in pieces of 997", 997, Binary(Noise(65_536))),
        Talk("a length in more bytes than needed", [0x81, 0xFE, 0, 1, 0, 0, 0, 0, (byte)'x']),
        Fault("a length of 64 bits with the highest set", [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
        Fault("a frame without a mask", Of(1, "x"u8.ToArray(), masked: false), Close(1000)),
    ];

    private static IEnumerable<Case> Pings =>
    [
        Talk("2.1 ping", Ping([])),
        Talk("2.2 ping with text", Ping("Hello, world!"u8.ToArray())),
        Talk("2.3 ping with bytes", Ping([0, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0, 0xFF])),
        Talk("2.4 ping of 125", Ping(Noise(125))),
        Fault("2.5 ping of 126", Ping(Noise(126))),
        TalkInPieces("2.6 ping of 125 byte by byte", 1, Ping(Noise(125))),
        Talk("2.7 pong nobody asked for", Pong([])),
        Talk("2.8 pong with text", Pong("unsolicited"u8.ToArray())),
        Talk("2.9 pong, then ping", Pong("unsolicited"u8.ToArray()), Ping("asked"u8.ToArray())),
        Talk("2.10 ten pings", [.. Enumerable.Range(0, 10).Select(i => Ping([(byte)'p', (byte)('0' + i)]))]),
        TalkInPieces("2.11 ten pings byte by byte", 1, [.. Enumerable.Range(0, 10).Select(i => Ping([(byte)'p', (byte)('0' + i)]))]),
    ];

    private static IEnumerable<Case> Reserved =>
    [
        .. Enumerable.Range(1, 7).Select(bits => Fault($"3 text with reserved bits {bits}", Of((bits << 4) | 1, "x"u8.ToArray()))),
        Fault("3.2 text, then one with reserved bits", Text("first"), Of(0x21, "second"u8.ToArray())),
        Fault("3.6 ping with reserved bits", Of(0x69, [])),
        Fault("3.7 close with reserved bits", Of(0x78, [])),
        .. new[] { 3, 4, 5, 6, 7, 11, 12, 13, 14, 15 }.SelectMany(opcode => new[]
        {
            Fault($"4 opcode {opcode}", Of(opcode, [])),
            Fault($"4 text, then opcode {opcode} with a payload", Text("first"), Of(opcode, "second"u8.ToArray())),
        }),
    ];

    private static IEnumerable<Case> Fragments =>
    [
        Fault("5.1 ping in two fragments", Of(9, "a"u8.ToArray(), fin: false)),
        Fault("5.2 pong in two fragments", Of(10, "a"u8.ToArray(), fin: false)),
        Talk("5.3 text in two fragments", Text("fragment1", fin: false), Continuation("fragment2")),
        TalkInPieces("5.5 text in two fragments byte by byte", 1, Text("fragment1", fin: false), Continuation("fragment2")),
        Talk("5.6 a ping between fragments", Text("fragment1", fin: false), Ping("ping"u8.ToArray()), Continuation("fragment2")),
        TalkInPieces("5.8 a ping between fragments byte by byte", 1, Text("fragment1", fin: false), Ping("ping"u8.ToArray()), Continuation("fragment2")),
        Fault("5.9 continuation of nothing", Continuation("nothing")),
        Fault("5.12 continuation of nothing, not the last", Continuation("nothing", fin: false)),
        Fault("5.15 continuation after the last", Text("fragment1", fin: false), Continuation("fragment2"), Continuation("fragment3", fin: false)),
        Fault("5.18 text within text", Text("fragment1", fin: false), Text("fragment2")),
        Talk("5.19 five fragments and two pings", Text("f1", fin: false), Continuation("f2", fin: false), Ping("p1"u8.ToArray()),
            Continuation("f3", fin: false), Continuation("f4", fin: false), Ping("p2"u8.ToArray()), Continuation("f5")),
        Talk("6.1.2 three empty fragments", Text("", fin: false), Continuation("", fin: false), Continuation("")),
        Talk("6.1.3 one of three is not empty", Text("", fin: false), Continuation("middle", fin: false), Continuation("")),
        Talk("10.1 text of 65536 in fragments of 1300", [.. InFragments(1, Noise(65_536, text: true), 1300)]),
    ];

    private static IEnumerable<Case> Utf8
    {
        get
        {
            (string Name, string Hex, bool IsValid)[] texts =
            [
                ("6.2 valid", "48656c6c6f2dc2b540c39fc3b6c3a4c3bcc3a0c3a12d5554462d382121", true), ("6.5 greek", "cebae1bdb9cf83cebcceb5", true),
                ("6.3 invalid", "cebae1bdb9cf83cebcceb5eda080656469746564", false), ("6.6 cut in a character", "cebae1bd", false), ("6.8 five bytes", "f888808080", false),
                ("6.9 last of four", "f48fbfbf", true), ("6.10 above the last", "f4908080", false), ("6.12 lone continuation", "80", false), ("6.13 lone start", "c020", false),
                ("6.15 two cut characters", "e080f08080", false), ("6.16 impossible", "fe", false), ("6.17 overlong", "c0af", false), ("6.19 overlong NUL", "c080", false),
                ("6.20 surrogate", "eda080", false), ("6.21 pair of surrogates", "eda080edb080", false), ("6.22 not a character", "efbfbe", true), ("6.23 replacement character", "efbfbd", true),
            ];
            foreach (var (name, hex, isValid) in texts)
            {
                var bytes = Convert.FromHexString(hex);
                yield return isValid ? Talk(name, Of(1, bytes)) : Fault(name, Of(1, bytes));
                yield return isValid ? Talk(name + " byte by byte", [.. InFragments(1, bytes, 1)]) : Fault(name + " byte by byte", [.. InFragments(1, bytes, 1)]);
            }

            yield return Fault("6.4 the second of three is invalid", Of(1, "ok"u8.ToArray(), fin: false), Of(0, [0xF4, 0x90, 0x80, 0x80], fin: false), Continuation("rest"));
        }
    }

    private static IEnumerable<Case> Closes =>
    [
        .. new[] { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 }
            .Select(code => Ends($"7.7 close with {code}", Close(code))),
        .. new[] { 0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535 }
            .Select(code => Fault($"7.9 close with the invalid {code}", Close(code))),
        Ends("7.1.1 text, then close", Text("Hello"), Close(1000)),

        // RFC 6455 section 5.5.1: nothing after a close. A server that has gone by then resets the connection, and what it
        // has sent may be lost.
        Fault("7.1.2 two closes", Close(1000), Close(1000)),
        Fault("7.1.3 a ping after close", Close(1000), Ping([])),
        Fault("7.1.4 text after close", Close(1000), Text("late")),
        Ends("7.1.5 close between fragments", Text("fragment1", fin: false), Close(1000)),
        Fault("7.1.6 a long message, then close, then ping", Text(Write.Bytes(256 * Kilo)), Close(1000), Ping([])),
        Ends("7.3.1 close without a code", Of(8, [])),
        Fault("7.3.2 close with half a code", Of(8, [3])),
        Ends("7.3.4 close with a reason", Close(1000, "Hello, world!")),
        Ends("7.3.5 close with the longest reason", Close(1000, new string('*', 123))),
        Fault("7.3.6 close with a reason too long", Close(1000, new string('*', 124))),
        Fault("7.5.1 close with a reason that is no UTF-8", Of(8, [3, 0xE8, 0xCE, 0xBA, 0xE1, 0xED, 0xA0, 0x80])),
    ];

    private static IEnumerable<Case> Large =>
    [
        .. new[] { 256, 1024, 4096, 16_384 }.SelectMany(kilobytes => new[]
        {
            Lazy($"9.1 text of {kilobytes} KB", () => [Of(1, Noise(kilobytes * Kilo, text: true))]),
            Lazy($"9.2 binary of {kilobytes} KB", () => [Binary(Noise(kilobytes * Kilo))]),
        }),
        .. new[] { 1, 4, 64, 1024 }.Select(kilobytes =>
            Lazy($"9.4 binary of 4 MB in fragments of {kilobytes} KB", () => InFragments(2, Noise(4096 * Kilo), kilobytes * Kilo))),
        Lazy("9.4 binary of 256 KB in fragments of 64", () => InPieces([.. InFragments(2, Noise(256 * Kilo), 64).SelectMany(frame => frame)], 8192)),
        Lazy("9.6 binary of 256 KB in pieces of 64", () => InPieces(Binary(Noise(256 * Kilo)), 64)),
        Lazy("9.7 1000 small messages", () => Enumerable.Range(0, 1000).Select(i => Text($"message {i}"))),
    ];

    /// <summary>"Hello" twice, compressed as RFC 7692 section 7.2.3 shows it.</summary>
    private static IEnumerable<Case> Compressed
    {
        get
        {
            byte[] hello = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00];
            string[] offers =
            [
                "permessage-deflate", "permessage-deflate; client_no_context_takeover", "permessage-deflate; server_no_context_takeover",
                "permessage-deflate; client_max_window_bits", "permessage-deflate; server_max_window_bits=10", "permessage-deflate; server_max_window_bits=8",
                "permessage-deflate; client_max_window_bits=99", "permessage-deflate; unknown", "permessage-deflate; unknown, permessage-deflate",
            ];
            foreach (var offer in offers)
            {
                yield return Talk($"12 {offer}", "/ws/deflate", [$"Sec-WebSocket-Extensions: {offer}"], Text("plain"), Ping("p"u8.ToArray()));
            }

            yield return Talk("12 compressed messages", "/ws/deflate", [$"Sec-WebSocket-Extensions: {offers[0]}"], Of(0x41, hello), Of(0x41, hello));
            yield return Talk("12 compressed, in fragments", "/ws/deflate", [$"Sec-WebSocket-Extensions: {offers[0]}"], Of(0x41, hello[..3], fin: false), Of(0, hello[3..]));
            yield return Talk("12 a compressed control frame", "/ws/deflate", [$"Sec-WebSocket-Extensions: {offers[0]}"], Of(0x49, hello));
            yield return Fault(On("12 compressed rubbish", "/ws/deflate", [$"Sec-WebSocket-Extensions: {offers[0]}"], Of(0x41, [0xFF, 0xFF, 0xFF])));
        }
    }

    private static IEnumerable<Case> ByTheApp =>
    [
        On("the app sends fragments and closes", "/ws/pieces", [], Close(1000)),
        .. new[] { 1000, 1001, 1008, 1011, 3000, 4999 }.Select(code => On($"the app closes with {code}", $"/ws/close/{code}", [], Close(code))),
        On("the app leaves without a word", "/ws/leave", []),
        On("the app throws", "/ws/throw", [], Text("go")),
        On("the app aborts", "/ws/abort", [], Text("go")),
    ];

    /// <summary>Frames, then a polite close.</summary>
    private static Case Talk(string name, params byte[][] frames) => Talk(name, "/ws/echo", [], frames);

    private static Case Talk(string name, string path, string[] headers, params byte[][] frames) => On(name, path, headers, [.. frames, Close(1000)]);

    private static Case TalkInPieces(string name, int size, params byte[][] frames) =>
        On(name, "/ws/echo", [], [.. InPieces([.. frames.SelectMany(frame => frame), .. Close(1000)], size)]);

    /// <summary>Many bytes, made anew for each run.</summary>
    private static Case Lazy(string name, Func<IEnumerable<byte[]>> frames)
    {
        return new(name, new SocketStep("/ws/echo", [], All()));

        IEnumerable<byte[]> All()
        {
            foreach (var frame in frames())
            {
                yield return frame;
            }

            yield return Close(1000);
        }
    }

    /// <summary>Frames of which one is against the protocol.</summary>
    private static Case Fault(string name, params byte[][] frames) => Fault(Ends(name, frames));

    private static Case Fault(Case @case) => @case with { Steps = [(SocketStep)@case.Steps[0] with { IsFault = true }] };

    /// <summary>Frames of which the last makes the server end the socket.</summary>
    private static Case Ends(string name, params byte[][] frames) => On(name, "/ws/echo", [], frames);

    private static Case On(string name, string path, string[] headers, params byte[][] frames) => new(name, new SocketStep(path, headers, frames));

    private static IEnumerable<byte[]> InPieces(byte[] bytes, int size) => bytes.Chunk(size);

    private static IEnumerable<byte[]> InFragments(int opcode, byte[] payload, int size)
    {
        for (var at = 0; at < payload.Length; at += size)
        {
            yield return Of(at == 0 ? opcode : 0, payload[at..Math.Min(at + size, payload.Length)], fin: at + size >= payload.Length);
        }
    }

    private static byte[] Noise(int count, bool text = false)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++)
        {
            bytes[i] = (byte)(text ? 'a' + (i % 23) : (i * 31) ^ (i >> 8));
        }

        return bytes;
    }
}
