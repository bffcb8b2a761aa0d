using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Apps that throw, abort, or send other bytes than promised.</summary>
internal static class Failures
{
    public static IEnumerable<Case> All =>
    [
        .. new[]
        {
            "/throw", "/throw-cancelled", "/throw-io", "/throw-bad/400", "/throw-bad/413", "/throw-bad/418", "/throw-headers", "/throw-unflushed",
            "/throw-started", "/throw-started-empty", "/throw-partial", "/throw-whole", "/throw-completed", "/throw-starting",
            "/throw-starting-unwritten", "/throw-oncompleted", "/bad-int?number=x", "/bad-int", "/bad-int?number=6", "/caught/throw",
            "/caught/throw-started", "/caught/throw-bad/400", "/caught/throw-bad/413", "/too-few", "/too-few-started", "/too-many",
            "/too-many-later", "/too-many-caught", "/abort", "/abort-started", "/abort-then-write", "/mvc/throw", "/session/throw",
        }.Select(target => Get(target)),
        SendBody("POST /throw", "abc"),
        SendBody("POST /throw", Bytes(300_000)).Named("an exception with 300,000 bytes unread"),
        SendBody("POST /abort", "abc"),
        Get("/caught/throw", "Accept: application/json"),
        Get("/caught/throw", "Accept: text/html"),
    ];
}
