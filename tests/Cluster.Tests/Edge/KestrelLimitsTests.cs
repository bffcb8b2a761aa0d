using System.Net;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>Kestrel's limits from configuration.</summary>
public sealed class KestrelLimitsTests
{
    [Fact]
    public async Task MaxRequestHeaderCount_IsObeyed()
    {
        await using var app = await EdgeApp.StartAsync(_ => Task.CompletedTask, ("Kestrel:Limits:MaxRequestHeaderCount", "3"));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(app, headers: 2));
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, await StatusAsync(app, headers: 3));
    }

    [Theory]
    [InlineData("Kestrel:Limits:MaxConcurrentConnections", "0")]
    [InlineData("Kestrel:Limits:KeepAliveTimeout", "soon")]
    [InlineData("Kestrel:Limits:MaxRequestHeaders", "3")]
    [InlineData("Kestrel:Limits:Http2:MaxStreamsPerConnection", "0")]
    [InlineData("Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond", "-1")]
    [InlineData("Kestrel:Limits:MinResponseDataRate:BytesPerSecond", "few")]
    [InlineData("Kestrel:Limits:MinResponseDataRate:GracePeriod", "00:00:00.5")]
    [InlineData("Kestrel:Limits:MinResponseDataRate:Grace", "00:00:05")]
    public async Task WrongLimit_DoesNotStartAndSaysWhich(string key, string value)
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => EdgeApp.StartAsync(_ => Task.CompletedTask, (key, value)));

        Assert.StartsWith("Kestrel:Limits cannot be used: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(key.Split(':')[^1], failure.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    /// <param name="headers">Beside Host.</param>
    private static async Task<HttpStatusCode> StatusAsync(EdgeApp app, int headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        for (var number = 0; number < headers; number++)
        {
            request.Headers.Add($"X-{number}", "value");
        }

        using var response = await app.Http.SendAsync(request).For("the response");
        return response.StatusCode;
    }
}
