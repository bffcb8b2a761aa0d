using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Backend.Server;
using Xunit.Abstractions;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>The same app, the same requests, on Kestrel over a socket and on the server under test: the same answers.</summary>
public sealed class KestrelDifferenceTests(KestrelDifferenceTests.Servers servers) : IClassFixture<KestrelDifferenceTests.Servers>
{
    /// <summary>What frontends and connections add or decide; lengths have a rule of their own.</summary>
    private static readonly string[] NotCompared = ["Date", "Server", "Connection", "Transfer-Encoding", "Content-Length"];

    public static TheoryData<string, string> Gets()
    {
        var data = new TheoryData<string, string>();
        foreach (var target in (string[])[
            "/", "/hello", "/head", "/empty", "/json", "/stream-json", "/reason", "/cookies", "/redirect", "/file", "/sendfile",
            "/sendfile-bad", "/many-headers", "/header-value", "/writer", "/throw", "/throw-started",
            "/throw-whole", "/throw-cancelled", "/throw-starting", "/throw-starting-unwritten", "/bad/400", "/bad/413", "/bad/418",
            "/bad-int?number=x", "/bad-int?number=6", "/abort", "/abort-started", "/too-few", "/too-few-started", "/too-many",
            "/too-many-said", "/order", "/after-start", "/stale-lease", "/complete", "/complete-throw", "/writer-complete",
            "/empty-write", "/replaced-body", "/form", "/mvc/0", "/mvc/6", "/mvc/x", "/echo?a=1&b=%20%2F+x",
            .. new[] { 200, 204, 205, 304, 404, 500, 599 }.SelectMany(code => new[]
            {
                $"/status/{code}", $"/status-length0/{code}", $"/status-length5/{code}", $"/status-write/{code}", $"/status-advance/{code}",
            })])
        {
            data.Add("GET", target);
        }

        foreach (var target in (string[])["/head", "/head-write", "/head-length", "/hello", "/throw", "/echo", "/file", "/status-advance/204"])
        {
            data.Add("HEAD", target);
        }

        data.Add("OPTIONS", "*");
        data.Add("OPTIONS", "/echo");
        data.Add("BREW", "/echo");
        data.Add("get", "/echo");
        data.Add("PUT", "/hello");
        return data;
    }

    public static TheoryData<string> Paths() =>
    [
        "/p/plain", "/p/a%20b", "/p/a+b", "/p/%C3%A9", "/p/%c3%a9", "/p/%E4%BD%A0%E5%A5%BD", "/p/%F0%9F%8D%8E", "/p/a%2Fb", "/p/a%2fb",
        "/p/%252F", "/p/%", "/p/%4", "/p/%zz", "/p/%41", "/p/%C3", "/p/%C3%", "/p/%C3%41", "/p/%C0%80", "/p/%ED%A0%80", "/p/%F5%80%80%80",
        "/p/%F0%80%80%80", "/p/%F4%90%80%80", "/p/%E4%BDx", "/p/%80", "/p/%FF", "/p/%C3%2F%A9", "/p/%00", "/p/./x", "/p/../x", "/p/x/..",
        "/p/x/.", "/p/x/./", "/..", "/.", "/../..", "//", "//..", "/p//..//x", "/p/...", "/p/..x", "/p/.x", "/p/x..", "/p/%2e%2e/x",
        "/p/%2E/x", "/p/.%2e/y", "/p/a/b/../../../../c", "/p/?q", "/p?", "/p/x?a=/../b", "/p/x#frag", "/p/%3Fq?r", "/p/a;b=c/../d",
        "/p/a%5Cb", "/p/a\\b", "/p/%2e%2e%2fx", "/p/a%2F../b", "/p/%7E~", "/p/%25%32%46",
        "http://shop.test/p/abs%20olute/../x?q=%20", "http://shop.test", "http://shop.test?q", "HTTP://shop.test/p/%C3%A9", "http://shop.test/p/%2F",
    ];

    [Theory]
    [MemberData(nameof(Gets))]
    public Task Response_OfEndpoint_IsKestrels(string method, string target)
        => CompareAsync(method, target, [("Host", "shop.test"), ("Cookie", "a=1; b=%20x"), ("X-Twice", "1"), ("X-Twice", "2")], null);

    [Theory]
    [MemberData(nameof(Paths))]
    public Task Path_OfTarget_IsKestrels(string target) => CompareAsync("GET", target, [("Host", "shop.test")], null);

    [Theory]
    [InlineData("/echo", "text/plain", "hello")]
    [InlineData("/echo", "text/plain", "")]
    [InlineData("/form", "application/x-www-form-urlencoded", "a=1&b=x%20y&c=%C3%A9")]
    [InlineData("/form", "multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n\r\nfile\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n")]
    [InlineData("/form", "multipart/form-data; boundary=B", "--B\r\nbroken")]
    [InlineData("/form", "text/plain", "not a form")]
    [InlineData("/json-body", "application/json", "{\"a\":1,\"b\":2}")]
    [InlineData("/json-body", "application/json", "{broken")]
    [InlineData("/json-body", "text/plain", "{}")]
    [InlineData("/twice", "text/plain", "again")]
    [InlineData("/pipe", "text/plain", "0123456789")]
    [InlineData("/limit", "text/plain", "123")]
    [InlineData("/limit", "text/plain", "1234")]
    [InlineData("/limit-late", "text/plain", "1234")]
    [InlineData("/sync", "text/plain", "x")]
    [InlineData("/sync-allowed", "text/plain", "x")]
    [InlineData("/mvc", "application/x-www-form-urlencoded", "name=Demeter")]
    [InlineData("/mvc", "application/x-www-form-urlencoded", "nobody=x")]
    [InlineData("/mvc/small", "application/json", "\"ab\"")]
    [InlineData("/mvc/small", "application/json", "\"abc\"")]
    [InlineData("/hello", "text/plain", "wrong method")]
    public Task Response_ToBody_IsKestrels(string target, string contentType, string body)
        => CompareAsync("POST", target,
            [("Host", "shop.test"), ("Content-Type", contentType), ("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture))],
            Encoding.UTF8.GetBytes(body));

    [Fact]
    public async Task Failure_AfterUnflushedBytes_SendsAnEmptyErrorWhereKestrelSendsTheBytes()
    {
        // Kestrel sends them behind a Content-Length of 0, where they are no part of any message: not imitated.
        Assert.Null(await RawHttp.SendAsync(servers.Port, "GET", "/throw-headers", [("Host", "shop.test")], null));
        var response = await servers.Ours.GetAsync("/throw-headers");
        Assert.Equal((500, "", "0", null), (response.StatusCode, response.Text(), response.Header("Content-Length"), response.Header("X-Lost")));
    }

    [Theory]
    [InlineData("bytes=2-4")]
    [InlineData("bytes=90-")]
    public Task Response_ToRange_IsKestrels(string range)
        => CompareAsync("GET", "/file", [("Host", "shop.test"), ("Range", range)], null);

    private async Task CompareAsync(string method, string target, (string, string)[] headers, byte[]? body)
    {
        var kestrel = Describe(await RawHttp.SendAsync(servers.Port, method, target, headers, body));
        string ours;
        try
        {
            var response = await servers.Ours.SendAsync(method, target, body, headers);
            var lines = response.Headers.SelectMany(h => h.Value.Select(v => (h.Key, v ?? ""))).ToList();
            ours = Describe(new RawHttp.Reply(
                response.StatusCode, response.ReasonPhrase ?? ReasonPhrases.GetReasonPhrase(response.StatusCode), lines, response.Body.ToArray()));
        }
        catch (ResponseAbortedException)
        {
            ours = Describe(null);
        }

        if (kestrel != ours)
        {
            // Whole, as Assert.Equal would cut it short.
            Assert.Fail($"Kestrel:\n{kestrel}\n\nOurs:\n{ours}");
        }
    }

    private static string Describe(RawHttp.Reply? reply)
    {
        if (reply is null)
        {
            return "aborted";
        }

        // A chunked body has the length it turned out to have. The server under test names it where the response is whole
        // within a moment (ResponseOutput.End); on a busy machine it may not be, and is then streamed, for the frontend to chunk.
        var named = reply.Headers.FirstOrDefault(h => h.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)).Value;
        var chunked = reply.Headers.Any(h => h.Name == "Transfer-Encoding") || (named is null && reply.Body.Length > 0);
        var length = chunked ? reply.Body.Length.ToString(CultureInfo.InvariantCulture) : named;
        var headers = reply.Headers
            .Where(h => !NotCompared.Contains(h.Name, StringComparer.OrdinalIgnoreCase))
            .Select(h => $"{h.Name.ToLowerInvariant()}: {h.Value}")
            .Order(StringComparer.Ordinal);
        return $"{reply.Status} {reply.Reason}\n{string.Join('\n', headers)}\nlength: {length}\n\n{Encoding.UTF8.GetString(reply.Body)}";
    }

    /// <summary>Both servers, for all the class's tests.</summary>
    public sealed class Servers : IAsyncLifetime
    {
        private WebApplication? _kestrel;

        internal int Port { get; private set; }

        internal ServedApp Ours { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Ours = await ServedApp.StartAsync(CorpusApp.Map, CorpusApp.Configure);
            var builder = ServedApp.CreateBuilder(new LogCollector());
            builder.WebHost.ConfigureKestrel(o => o.Listen(System.Net.IPAddress.Loopback, 0));
            CorpusApp.Configure(builder);
            _kestrel = builder.Build();
            CorpusApp.Map(_kestrel);
            await _kestrel.StartAsync().For("Kestrel to start");
            Port = new Uri(_kestrel.Urls.Single()).Port;
        }

        public async Task DisposeAsync()
        {
            await _kestrel!.DisposeAsync();
            await Ours.DisposeAsync();
        }
    }
}
