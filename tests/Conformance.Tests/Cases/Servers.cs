using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>What the server tells the app through its HttpContext, and how it answers misuse.</summary>
internal static class Servers
{
    public static IEnumerable<Case> All =>
    [
        .. new[]
        {
            "features", "defaults", "streams", "status-range", "writer", "misuse", "request-headers", "rewritten", "nested-onstarting",
            "onstarting-writes", "after-complete", "aborted", "cancelled-write",
        }.Select(what => Get($"/server/{what}")),
        SendBody("POST /server/streams", "abc"),
        SendBody("POST /server/rewritten", "abc"),
        SendBody("POST /server/request-headers", "abc"),
        Get("/server/own-trailer").Http1Only(),
    ];
}
