using static Pomegranate.Conformance.Cases.Write;

namespace Pomegranate.Conformance.Cases;

/// <summary>Static files: types, conditions and ranges.</summary>
internal static class Files
{
    public static IEnumerable<Case> All =>
    [
        Get("/files/digits.txt"),
        Get("/files/empty.txt"),
        Get("/files/page.html"),
        Get("/files/"),
        Get("/files"),
        Get("/files/site.css"),
        Get("/files/with%20space.txt"),
        Get("/files/%C3%A9.txt"),
        Get("/files/unknown.seed"),
        Get("/files/missing.txt"),
        Get("/files/DIGITS.txt"),
        Get("/files/%2e%2e/secret").Http1Only(),
        Get("/files/..%2Fsecret").Http1Only(),
        Get("/files/large.bin"),
        Send("POST /files/digits.txt"),
        Send("OPTIONS /files/digits.txt"),
        Head("/files/digits.txt"),
        Head("/files/large.bin"),
        .. new[]
        {
            "bytes=0-9", "bytes=5-5", "bytes=90-", "bytes=-10", "bytes=0-", "bytes=0-999", "bytes=99-99", "bytes=100-", "bytes=200-300", "bytes=-0",
            "bytes=-500", "bytes=9-5", "bytes=0-1,5-6", "bytes=0-0,-1", "bytes=a-b", "bytes=", "bytes", "lines=1-2", "bytes = 0-1", "BYTES=0-1",
            "bytes=0-9,", "bytes=1-2, 300-400",
        }.SelectMany(range => new[]
        {
            Get("/files/digits.txt", $"Range: {range}"), Get("/result/file", $"Range: {range}"),
        }),
        Get("/result/bytes", "Range: bytes=2-4"),
        Get("/result/bytes", "Range: bytes=20-"),
        Head("/files/digits.txt", "Range: bytes=0-9"),
        Send("POST /result/file", "Range: bytes=0-9"),
        Get("/files/empty.txt", "Range: bytes=0-0"),
        Get("/files/large.bin", "Range: bytes=100000-199999"),
        .. Conditions.SelectMany(condition => new[] { Get("/files/digits.txt", condition), Get("/result/file", condition) }),
        Scenario("the ETag makes a 304", Get("/result/file"), Get("/result/file", "If-None-Match: \"digits\"")),
        Get("/result/file-download"),
        Get("/result/stream"),
    ];

    private static string[][] Conditions =>
    [
        ["If-None-Match: \"digits\""], ["If-None-Match: W/\"digits\""], ["If-None-Match: \"other\""], ["If-None-Match: \"other\", \"digits\""],
        ["If-None-Match: *"], ["If-None-Match: digits"], ["If-Match: \"digits\""], ["If-Match: \"other\""], ["If-Match: *"], ["If-Match: W/\"digits\""],
        ["If-Modified-Since: Thu, 29 Feb 2024 12:00:00 GMT"], ["If-Modified-Since: Wed, 28 Feb 2024 12:00:00 GMT"],
        ["If-Modified-Since: Fri, 01 Mar 2024 12:00:00 GMT"], ["If-Modified-Since: Thursday, 29-Feb-24 12:00:00 GMT"], ["If-Modified-Since: never"],
        ["If-Unmodified-Since: Thu, 29 Feb 2024 12:00:00 GMT"], ["If-Unmodified-Since: Wed, 28 Feb 2024 12:00:00 GMT"],
        ["If-None-Match: \"other\"", "If-Modified-Since: Fri, 01 Mar 2024 12:00:00 GMT"],
        ["Range: bytes=0-9", "If-Range: \"digits\""], ["Range: bytes=0-9", "If-Range: \"other\""], ["Range: bytes=0-9", "If-Range: W/\"digits\""],
        ["Range: bytes=0-9", "If-Range: Thu, 29 Feb 2024 12:00:00 GMT"], ["Range: bytes=0-9", "If-Range: Wed, 28 Feb 2024 12:00:00 GMT"],
        ["Range: bytes=0-9", "If-Match: \"digits\""], ["Range: bytes=0-9", "If-None-Match: \"digits\""],
    ];
}
