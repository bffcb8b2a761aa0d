using System.Text;
using Microsoft.Extensions.Primitives;
using Pomegranate.Http;

namespace Pomegranate.Shared.Tests.Http;

/// <summary>Header values as the bytes of the client's connection.</summary>
public sealed class HeaderBytesTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("Mü ✓")]
    public void Encode_ThenTryDecode_IsTheTextAgain(string text)
    {
        KeyValuePair<string, StringValues>[] headers = [new("A", new[] { text, "b" }), new("B", text)];

        var bytes = HeaderBytes.Encode([.. headers], _ => Encoding.UTF8);

        Assert.All(bytes.SelectMany(header => header.Value.ToArray()), value => Assert.True(value!.All(c => c < 256)));
        Assert.True(HeaderBytes.TryDecode(bytes, _ => null, out var decoded));
        Assert.Equal(headers, decoded);
    }

    [Fact]
    public void TryDecode_EachHeaderInItsOwnEncoding()
    {
        KeyValuePair<string, StringValues>[] headers = [new("Latin", "M\u00fc"), new("Utf8", "M\u00c3\u00bc")];

        Assert.True(HeaderBytes.TryDecode(headers, name => name == "Latin" ? Encoding.Latin1 : null, out var decoded));

        Assert.Equal(["Mü", "Mü"], decoded.Select(header => header.Value.ToString()));
        Assert.Equal("M\u00c3\u00bc", headers[1].Value.ToString());
    }

    [Fact]
    public void TryDecode_BytesThatAreNoText_Fails() => Assert.False(HeaderBytes.TryDecode([new("A", "M\u00fc")], _ => null, out _));

    [Fact]
    public void TryDecode_OnlyAscii_CopiesNothing()
    {
        KeyValuePair<string, StringValues>[] headers = [new("A", "b")];

        Assert.True(HeaderBytes.TryDecode(headers, _ => throw new InvalidOperationException("Nobody need ask."), out var decoded));
        Assert.Same(headers, decoded);
    }

    [Fact]
    public void AsText_BytesThatAreNoText_StayAsTheyAre() => Assert.Equal("M\u00fc", HeaderBytes.AsText([new("A", "M\u00fc")])[0].Value.ToString());
}
