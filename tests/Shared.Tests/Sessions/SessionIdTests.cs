using FsCheck.Xunit;
using Pomegranate.Sessions;

namespace Pomegranate.Shared.Tests.Sessions;

public class SessionIdTests
{
    [Property]
    public bool TryParse_OwnText_IsTheSameId(ulong high, ulong low)
    {
        var id = new SessionId(high, low);
        return SessionId.TryParse(id.ToString(), out var parsed) && parsed == id && id.ToString().Length == SessionId.TextLength;
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA")] // one too few
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA")] // one too many
    [InlineData("AAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA/A")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAB")] // another spelling of the same bytes
    [InlineData("ééééééééééééééééééééé1")]
    [InlineData("..%2f..%2f..%2f..%2f..")]
    public void TryParse_AnythingElse_IsRefused(string? text) => Assert.False(SessionId.TryParse(text, out _));

    [Fact]
    public void ToString_Golden_NeverChanges() =>
        Assert.Equal("AAECAwQFBgcICQoLDA0ODw", new SessionId(0x0001020304050607, 0x08090A0B0C0D0E0F).ToString());
}
