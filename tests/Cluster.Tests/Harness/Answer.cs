using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Pomegranate.ClusterTests.Harness;

/// <summary>A response, read to its end.</summary>
internal sealed class Answer(HttpResponseMessage response, byte[] body)
{
    public HttpStatusCode Status { get; } = response.StatusCode;

    public HttpResponseHeaders Headers { get; } = response.Headers;

    public HttpContentHeaders ContentHeaders { get; } = response.Content.Headers;

    public byte[] Body { get; } = body;

    public string Text => Encoding.UTF8.GetString(Body);

    public string[] SetCookies => Headers.TryGetValues("Set-Cookie", out var values) ? [.. values] : [];

    /// <summary>The text of a success.</summary>
    public string Ok()
    {
        Assert.True(Status == HttpStatusCode.OK, ToString());
        return Text;
    }

    public override string ToString() => $"{(int)Status}: {Text}";
}
