using Pomegranate.Gateway;
using Pomegranate.Http;

namespace Pomegranate.Shared.Tests.Gateway;

/// <summary>The mark on what a client was given the name of: found, and taken off again, in a request's target.</summary>
public sealed class NodeMarkTests
{
    [Fact]
    public void Add_GoldenIncarnation_IsGoldenText() => Assert.Equal("token.on-AQIDBA", NodeMark.Add("token", 0x01020304));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(1_234_567_890)]
    public void Marked_IsReadAndStripped(int incarnation)
    {
        foreach (var (before, after) in new[] { ("/hub?id=", ""), ("/hub?a=b&id=", "&access_token=x.y"), ("/hub?ID=", "&id=2"), ("http://h/?id=", "&x") })
        {
            var target = before + NodeMark.Add("to-k_en", incarnation) + after;

            Assert.True(NodeMark.TryRead(target, out var read));
            Assert.Equal(incarnation, read);
            Assert.Equal(before + "to-k_en" + after, NodeMark.Strip(Request(target)).RawTarget);
        }
    }

    [Theory]
    [InlineData("/hub")]
    [InlineData("/hub?id=token")]
    [InlineData("/hub?id=.on-AQIDBA")]
    [InlineData("/hub?id=token.on-")]
    [InlineData("/hub?id=token.on-AQIDB")]
    [InlineData("/hub?id=token.on-AQIDBAA")]
    [InlineData("/hub?id=token.on-AQ!DBA")]
    [InlineData("/hub?name=token.on-AQIDBA")]
    [InlineData("/hub?xid=token.on-AQIDBA")]
    [InlineData("/hub/id=token.on-AQIDBA")]
    [InlineData("/hub.on-AQIDBA?id=token")]
    [InlineData("/hub?id=token.on-AQIDBA#")]
    [InlineData("?id=")]
    [InlineData("/?id=.on-&&=&id")]
    public void NotMarked_IsLeftAsItIs(string target)
    {
        var request = Request(target);

        Assert.False(NodeMark.TryRead(target, out _));
        Assert.Same(request, NodeMark.Strip(request));
    }

    private static WebRequest Request(string target) => new()
    {
        Method = "GET",
        Scheme = "http",
        RawTarget = target,
        Protocol = "HTTP/1.1",
        Headers = [],
        TraceIdentifier = "t",
    };
}
