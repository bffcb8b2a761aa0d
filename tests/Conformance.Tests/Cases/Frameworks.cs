using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Results, caches, compression and CORS as ASP.NET Core makes them.</summary>
internal static class Frameworks
{
    public static IEnumerable<Case> All =>
    [
        .. new[]
        {
            "json", "json-stream", "text", "problem", "validation", "nocontent", "created", "accepted", "notfound", "union", "null", "redirect",
            "redirect-absolute", "redirect-permanent", "redirect-preserving", "redirect-local", "bytes", "stream",
        }.Select(result => Get($"/result/{result}")),
        SendBody("POST /result/redirect", "abc"),
        SendBody("POST /result/redirect-preserving", "abc"),
        Get("/result/problem", "Accept: text/html"),
        Get("/mvc/0"),
        Get("/mvc/2"),
        Get("/mvc/x"),
        Get("/mvc/2", "Accept: application/xml"),
        Get("/mvc/2", "Accept: application/json;q=0.5, text/plain"),
        Get("/mvc/cache", "Cache-Control: no-store"),
        Get("/mvc/accept"),
        Send("DELETE /mvc/2"),
        Send("OPTIONS /mvc/2"),
        .. new[] { "gzip", "br", "deflate", "identity", "*", "gzip;q=0", "gzip;q=0.5, br;q=0.4", "br, gzip", "GZIP", "" }
            .Select(coding => Get("/compressed/2000", $"Accept-Encoding: {coding}")),
        Get("/compressed/2000"),
        Get("/compressed/10", "Accept-Encoding: gzip"),
        Get("/compressed/0", "Accept-Encoding: gzip"),
        Get("/compressed/100000", "Accept-Encoding: gzip"),
        Get("/compressed/type?type=image/png", "Accept-Encoding: gzip"),
        Get("/compressed/type?type=application/json", "Accept-Encoding: gzip"),
        Get("/compressed/length", "Accept-Encoding: gzip"),
        Get("/compressed/etag", "Accept-Encoding: gzip"),
        Get("/compressed/flushed", "Accept-Encoding: gzip"),
        Head("/compressed/2000", "Accept-Encoding: gzip"),
        Get("/compressed/2000", "Accept-Encoding: gzip", "Range: bytes=0-9"),
        Get("/cached", "Cache-Control: no-store"),
        Get("/cached", "Authorization: x"),
        Send("POST /cached"),
        Get("/output-cached", "Authorization: x"),
        Send("POST /output-cached"),

        // A cache is a backend's own: the session keeps both requests on one.
        Scenario("an answer from the response cache", Get("/session/number"), Get("/cached?k=1"), Get("/cached?k=1")).Http1Only(),
        Scenario("an answer from the output cache",
            Get("/session/number"), Get("/output-cached?k=1"), Get("/output-cached?k=1"), Get("/output-cached?k=1", "If-None-Match: \"seed\"")).Http1Only(),
        Get("/cors", "Origin: http://other.test"),
        Get("/cors", "Origin: http://evil.test"),
        Get("/cors"),
        Send("OPTIONS /cors", "Origin: http://other.test", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: X-Own"),
        Send("OPTIONS /cors", "Origin: http://evil.test", "Access-Control-Request-Method: GET"),
        Send("OPTIONS /cors", "Origin: http://other.test", "Access-Control-Request-Method: DELETE"),
        Send("OPTIONS /cors"),
    ];
}
