using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Status codes, reason phrases, and what may follow them.</summary>
internal static class Statuses
{
    public static IEnumerable<Case> All =>
    [
        .. new[] { 200, 201, 202, 203, 204, 205, 206, 226, 300, 301, 304, 307, 400, 401, 404, 405, 410, 413, 416, 418, 421, 422, 425, 429, 431, 451, 499, 500, 501, 502, 503, 504, 511, 599, 600, 999 }
            .Select(code => Get($"/status/{code}")),
        .. new[] { 200, 204, 205, 206, 304, 404, 500 }.SelectMany(code => new[]
        {
            Get($"/status-length/{code}/0"), Get($"/status-length/{code}/5"), Get($"/status-write/{code}"), Get($"/status-unflushed/{code}"),
            Get($"/status-start/{code}"), Head($"/status/{code}"), Head($"/status-write/{code}"),

            // Kestrel never ends some of these over HTTP/2.
            Head($"/status-length/{code}/5").Http1Only(),
        }),
        Get("/status/101").Http1Only(),
        Get("/status/0").Http1Only(),
        Get("/status/99").Http1Only(),
        Get("/status/1000").Http1Only(),
        Get("/reason/200?reason=Quite%20Fine"),
        Get("/reason/404?reason="),
        Get("/reason/299?reason=Ninety-nine"),
        Get("/reason/200?reason=%C3%A9"),
        Get("/reason/200?reason=a%0d%0ab").Http1Only(),
        Get("/reason/500?reason=Tab%09bed").Http1Only(),
        Get("/pages/404"),
        Get("/pages/500"),
        Get("/pages/418"),
        Get("/pages/204"),
        Send("POST /pages/200"),
    ];
}
