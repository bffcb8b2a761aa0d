using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>The response that a frontend gets in one message if it fits: whole either way, with its trailers.</summary>
public sealed class InlineResponseTests
{
    [Theory]
    [InlineData("/long", 1001)]
    [InlineData("/long-advance", 1001)]
    [InlineData("/limit", 1000)]
    public async Task Response_AroundTheInlineLimit_IsWhole(string path, int length)
    {
        await using var app = await ServedApp.StartAsync(RequestEndings.Map, RequestEndings.Inline(1000));

        Assert.Equal(length, (await app.GetAsync(path)).Body.Length);
    }

    [Fact]
    public async Task Response_OfExactlyTheLimit_Passes()
    {
        await using var app = await ServedApp.StartAsync(RequestEndings.Map, RequestEndings.Inline(1000));

        Assert.Equal(1000, (await app.GetAsync("/limit")).Body.Length);
    }

    [Fact]
    public async Task Trailers_OfHttp2_AreInTheResponse()
    {
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", (HttpContext c) => c.Response.AppendTrailer("grpc-status", "0")));

        var response = await app.SendAsync("GET", "/", protocol: "HTTP/2");

        Assert.Equal(["grpc-status"], response.Trailers.Select(t => t.Key));
    }
}
