using Microsoft.AspNetCore.Builder.Extensions;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Tests.Server;

public class RequestTargetTests
{
    [Theory]
    [InlineData("/shop", "/shop/cart?x=1")]
    [InlineData("/shop", "/SHOP/cart")]
    [InlineData("/shop", "/shop/")]
    [InlineData("/shop", "/shop")]
    [InlineData("/shop", "/shopping")]
    [InlineData("/shop", "/a/shop/b")]
    [InlineData("/shop/eu", "/shop/eu/cart%20x")]
    [InlineData("/schön", "/sch%C3%B6n/cart")]
    public async Task PartAt_PartsAsUsePathBaseDoes(string pathBase, string raw)
    {
        Assert.True(RequestTarget.TryParse("GET", raw, out var target));
        var context = new DefaultHttpContext { Request = { Path = target.Path } };
        (string, string)? expected = null;
        await new UsePathBaseMiddleware(
            seen =>
            {
                expected = (seen.Request.PathBase.Value!, seen.Request.Path.Value!);
                return Task.CompletedTask;
            },
            pathBase).Invoke(context);

        Assert.Equal(expected, target.PartAt(pathBase));
    }

    [Theory]
    [InlineData("", "/cart", "/cart")]
    [InlineData("/shop", "*", "")]
    public void PartAt_WithoutABase_LeavesThePath(string pathBase, string raw, string path)
    {
        Assert.True(RequestTarget.TryParse("OPTIONS", raw, out var target));

        Assert.Equal(("", path), target.PartAt(pathBase));
    }
}
