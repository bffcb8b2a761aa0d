using System.Text;
using Pomegranate.Backend.Connections;

namespace Pomegranate.Backend.Tests.Connections;

/// <summary>What a negotiate hands out carries the node's mark, and nothing else of the answer changes.</summary>
public sealed class NegotiateMarkingTests
{
    private const int Incarnation = 0x01020304;

    [Fact]
    public void Version1_TheTokenIsMarkedAndTheIdIsNot() => Assert.Equal(
        """{"negotiateVersion":1,"connectionId":"id","connectionToken":"tok-_en.on-AQIDBA","availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]}]}""",
        Mark("""{"negotiateVersion":1,"connectionId":"id","connectionToken":"tok-_en","availableTransports":[{"transport":"WebSockets","transferFormats":["Text","Binary"]}]}"""));

    [Fact]
    public void Version0_TheIdIsMarked() => Assert.Equal(
        """{"negotiateVersion":0,"connectionId":"id.on-AQIDBA","availableTransports":[]}""",
        Mark("""{"negotiateVersion":0,"connectionId":"id","availableTransports":[]}"""));

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"error":"The client requested version '7'."}""")]
    [InlineData("""{"url":"https://elsewhere/hub","accessToken":"x"}""")]
    [InlineData("""{"connectionId":7}""")]
    [InlineData("""{"connectionToken":null,"connectionId":"id"}""")]
    public void NothingHandedOut_IsLeftAsItIs(string answer) => Assert.Null(NegotiateMarking.Mark(Encoding.UTF8.GetBytes(answer), Incarnation));

    private static string Mark(string answer) => Encoding.UTF8.GetString(NegotiateMarking.Mark(Encoding.UTF8.GetBytes(answer), Incarnation)!);
}
