using Pomegranate.Clustering;

namespace Pomegranate.Shared.Tests.Clustering;

public class AppNameTests
{
    [Theory]
    [InlineData("default", true)]
    [InlineData("shop-2", true)]
    [InlineData("a123456789012345678901234567890123456789", true)]
    [InlineData("a1234567890123456789012345678901234567890", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("Shop", false)]
    [InlineData("2shop", false)]
    [InlineData("-shop", false)]
    [InlineData("shop.eu", false)]
    public void IsValid(string? name, bool expected) => Assert.Equal(expected, AppName.IsValid(name));

    [Fact]
    public void Default_HasTheRoleAndTypeOfAClusterOfOneApp()
    {
        Assert.Equal("backend", AppName.RoleOf(AppName.Default));
        Assert.Equal("session", AppName.ShardTypeOf(AppName.Default));
    }

    [Fact]
    public void Named_HasItsOwn()
    {
        Assert.Equal("backend-shop", AppName.RoleOf("shop"));
        Assert.Equal("session-shop", AppName.ShardTypeOf("shop"));
    }

    [Theory]
    [InlineData("backend", true)]
    [InlineData("backend-shop,weight-3", true)]
    [InlineData("weight-3,backend", true)]
    [InlineData("frontend", false)]
    [InlineData("backends", false)]
    public void IsBackend_OfWhicheverApp(string roles, bool expected) => Assert.Equal(expected, AppName.IsBackend(roles.Split(',')));
}
