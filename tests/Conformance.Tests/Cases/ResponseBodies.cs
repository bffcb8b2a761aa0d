using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Bodies that the app writes, in every way it can.</summary>
internal static class ResponseBodies
{
    public static IEnumerable<Case> All =>
    [
        Get("/hello"),
        Get("/empty"),
        .. new[] { 0, 1, 4096, 16_384, 70_000, 300_000 }.SelectMany(count => new[] { Get($"/bytes/{count}"), Get($"/bytes-length/{count}") }),
        Get("/pieces/0"),
        Get("/pieces/1"),
        Get("/pieces/100"),
        Get("/writer"),
        Get("/writer-complete"),
        Get("/complete"),
        Get("/binary"),
        Get("/sendfile/2/5"),
        Get("/sendfile/0/100"),
        Get("/sendfile/100/0"),
        Get("/sendfile/2/500"),
        Get("/sendfile/-1/5"),
        Get("/sync"),
        Get("/sync-allowed"),
        Get("/replaced-body"),
        Get("/no-buffering"),
        Get("/interim"),
        Get("/order"),
        Get("/starting-unwritten"),
        Get("/after-start"),
        Scenario("OnCompleted runs after the answer", Get("/oncompleted"), Get("/oncompleted/{X-Keep-Number}")),
        .. new[]
        {
            "/hello", "/empty", "/bytes/10", "/bytes-length/10", "/bytes/300000", "/pieces/3", "/writer", "/complete", "/binary", "/sendfile/2/5",
            "/order", "/starting-unwritten", "/after-start", "/result/json", "/result/json-stream", "/result/text", "/result/problem",
            "/result/nocontent", "/result/redirect", "/result/file", "/result/bytes", "/result/stream", "/throw", "/throw-started", "/throw-whole",
            "/throw-unflushed", "/throw-partial", "/too-few", "/too-few-started", "/too-many", "/abort", "/files/digits.txt", "/files/nothing",
            "/set-headers?Content-Length=42", "/set-headers-only?Content-Length=42", "/compressed/2000", "/echo", "/nowhere",
            "/set-headers?Transfer-Encoding=gzip", "/mvc/2", "/changed-headers", "/private", "/caught/throw",
        }.Select(target => Head(target)),
    ];
}
