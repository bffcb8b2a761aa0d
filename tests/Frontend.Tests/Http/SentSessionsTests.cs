using Microsoft.Extensions.Primitives;
using Pomegranate.Frontend.Http;
using Pomegranate.Sessions;

namespace Pomegranate.Frontend.Tests.Http;

/// <summary>Which session ids a client has sent, and in which order they are tried.</summary>
public sealed class SentSessionsTests
{
    private const string Name = ".Shop.Session";

    private readonly SessionId _id = SessionId.NewRandom();
    private readonly SessionId _other = SessionId.NewRandom();

    [Theory]
    [InlineData("{0}=ID")]
    [InlineData("a=b; {0}=ID; c=d")]
    [InlineData("a=b;{0}=ID ;c=d")]
    [InlineData("x{0}=BAD; {0}=ID")]
    [InlineData("{0}=; {0}=ID; {0}; =; ;")]
    public void Of_OwnCookieAmongOthers_IsTheId(string header)
    {
        var sent = SentSessions.Of(Fill(header), [Name]);

        Assert.Equal(_id, sent.First);
        Assert.Null(sent.Others);
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAB")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA+/")]
    [InlineData("AAAAAAAAAA AAAAAAAAAAA")]
    [InlineData("\"AAAAAAAAAAAAAAAAAAAA\"")]
    public void Of_ValueWeCannotHaveMade_IsNone(string value) => Assert.Equal(default, SentSessions.Of($"{Name}={value}", [Name]));

    [Fact]
    public void Of_NoCookieOrAnotherName_IsNone()
    {
        Assert.Equal(default, SentSessions.Of(default, [Name]));
        Assert.Equal(default, SentSessions.Of(Fill("{0}=ID"), [".Other.Session"]));
        Assert.Equal(default, SentSessions.Of(Fill("{0}=ID"), []));
    }

    [Fact]
    public void Of_SeveralOfTheName_TheLastGoesFirst()
    {
        var sent = SentSessions.Of(Fill("{0}=OTHER; {0}=ID; {0}=ID"), [Name]);

        Assert.Equal(_id, sent.First);
        Assert.Equal([_other], sent.Others!);
        Assert.True(sent.Contains(_other));
        Assert.False(sent.Contains(SessionId.NewRandom()));
    }

    [Fact]
    public void Of_SeveralHeadersAndNames_TheFirstNameGoesFirst()
    {
        var sent = SentSessions.Of(new StringValues([Fill("old=OTHER"), Fill("{0}=ID")]), [Name, "old"]);

        Assert.Equal((_id, _other), (sent.First!.Value, Assert.Single(sent.Others!)));
    }

    [Fact]
    public void Of_MoreThanAnybodyHas_OnlyTheLastFour()
    {
        var ids = Enumerable.Range(0, 100).Select(_ => SessionId.NewRandom()).ToArray();

        var sent = SentSessions.Of(string.Join("; ", ids.Select(id => $"{Name}={id}")), [Name]);

        Assert.Equal(ids.Reverse().Take(4), [sent.First!.Value, .. sent.Others!]);
    }

    private string Fill(string header) => header.Replace("{0}", Name, StringComparison.Ordinal)
        .Replace("OTHER", _other.ToString(), StringComparison.Ordinal)
        .Replace("ID", _id.ToString(), StringComparison.Ordinal);
}
