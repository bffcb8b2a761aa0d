using Microsoft.Extensions.Primitives;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;

namespace Pomegranate.Micro;

/// <summary>What a request of a browser and its session look like.</summary>
internal static class Given
{
    public static readonly SessionId Id = new(0x0123456789ABCDEF, 0xFEDCBA9876543210);

    public static WebRequest Request(string target = "/counter") => new()
    {
        Method = "GET",
        Scheme = "http",
        RawTarget = target,
        Protocol = "HTTP/1.1",
        Headers =
        [
            Header("Host", "shop.example"), Header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"),
            Header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), Header("Accept-Language", "en-US,en;q=0.5"),
            Header("Accept-Encoding", "gzip, deflate, br"), Header("Cookie", ".Pomegranate.Session=ASNFZ4mrze_-3LqYdlQyEA"),
            Header("X-Forwarded-For", "10.1.2.3"), Header("X-Forwarded-Proto", "http"),
        ],
        TraceIdentifier = "0HN7:00000001",
    };

    public static WebResponse Response() => new()
    {
        StatusCode = 200,
        Headers = [Header("Content-Type", "application/json; charset=utf-8"), Header("Cache-Control", "no-cache,no-store"), Header("Date", "Mon, 23 Nov 2026 12:00:00 GMT")],
        Body = """{"n":12345,"node":"backend1"}"""u8.ToArray(),
    };

    public static RequestId RequestId { get; } = new(42, 4711);

    /// <summary>A session of <paramref name="attributes"/> attributes that are together of <paramref name="bytes"/> bytes.</summary>
    public static SessionEntry Entry(int attributes, int bytes, uint sequence = 1)
    {
        var version = new SessionVersion(1, sequence, 7);
        return SessionEntry.Live(version, default, 1_900_000_000_000, Enumerable.Range(0, attributes).Select(i => new SessionAttribute($"attribute-{i:00}", version, new byte[bytes / attributes])));
    }

    /// <summary>What a commit of one attribute sends.</summary>
    public static SessionEntry Delta(uint sequence = 2) => SessionEntry.Live(new(1, sequence, 7), default, 1_900_000_000_001, [new("attribute-00", new(1, sequence, 7), new byte[4])]);

    public static SessionBucket Bucket(int sessions) => SessionBucket.Of(long.MinValue,
        Enumerable.Range(0, sessions).Select(i => KeyValuePair.Create(new SessionId(Id.High, (ulong)i * 0x9E3779B97F4A7C15), Entry(1, 1024))));

    private static KeyValuePair<string, StringValues> Header(string name, string value) => new(name, value);
}
