using Pomegranate.ClusterTests.Harness;
using Pomegranate.Frontend.Http;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>What the access log says, read from its files.</summary>
public sealed class AccessLogTests : IDisposable
{
    private readonly AccessLogFiles _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task Answered_LineHasNodeAttemptsDurationAndStatus()
    {
        await using var app = await StartAsync(context =>
        {
            context.Features.Set(new AccessRecord("backend 1", 2));
            context.Response.StatusCode = 418;
            return Task.CompletedTask;
        });

        using var request = new HttpRequestMessage(HttpMethod.Get, "/a%20path?a=query");
        request.Headers.Add("Cookie", "secret=cookie");
        (await app.Http.SendAsync(request)).Dispose();

        var line = Assert.Single(await _log.LinesAsync(1));
        Assert.Equal(
            ("GET", "/a%20path", "?a=query", "418", "backend+1", "2", "127.0.0.1"),
            (line["cs-method"], line["cs-uri-stem"], line["cs-uri-query"], line["sc-status"],
                line["cs(Pomegranate-Node)"], line["cs(Pomegranate-Attempts)"], line["c-ip"]));
        Assert.True(double.Parse(line["cs(Pomegranate-Milliseconds)"], null) > 0, line["cs(Pomegranate-Milliseconds)"]);
        Assert.DoesNotContain("secret", await _log.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoNodeAnswered_FieldsAreEmptyWhateverTheClientSays()
    {
        await using var app = await StartAsync(context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });

        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Pomegranate-Node", "forged");
        request.Headers.Add("Pomegranate-Attempts", "9");
        (await app.Http.SendAsync(request)).Dispose();

        var line = Assert.Single(await _log.LinesAsync(1));
        Assert.Equal(("503", "-", "-"), (line["sc-status"], line["cs(Pomegranate-Node)"], line["cs(Pomegranate-Attempts)"]));
    }

    [Fact]
    public async Task CodeThrows_LineSays500()
    {
        await using var app = await StartAsync(_ => throw new InvalidOperationException("thrown by the test"));

        using var response = await app.Http.GetAsync(new Uri("/", UriKind.Relative));

        Assert.Equal(500, (int)response.StatusCode);
        Assert.Equal("500", Assert.Single(await _log.LinesAsync(1))["sc-status"]);
    }

    [Fact]
    public async Task ManyRequests_EachHasItsLine()
    {
        await using var app = await StartAsync(_ => Task.CompletedTask);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async number =>
            (await app.Http.GetAsync(new Uri($"/{number}", UriKind.Relative))).Dispose()));

        var lines = await _log.LinesAsync(50);
        Assert.Equal(Enumerable.Range(0, 50).Select(number => $"/{number}").Order(), lines.Select(line => line["cs-uri-stem"]).Order());
    }

    [Fact]
    public async Task DirectoryThatCannotBe_DoesNotStartAndNamesTheOption()
    {
        var file = Path.Combine(_log.Directory, "a file");
        await File.WriteAllTextAsync(file, "");

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => EdgeApp.StartAsync(_ => Task.CompletedTask, ("Pomegranate:Gateway:AccessLogDirectory", file)));

        Assert.StartsWith($"Pomegranate:Gateway:AccessLogDirectory is '{file}' but cannot be written to: ", failure.Message, StringComparison.Ordinal);
    }

    private Task<EdgeApp> StartAsync(RequestDelegate code) =>
        EdgeApp.StartAsync(code, ("Pomegranate:Gateway:AccessLogDirectory", _log.Directory));
}
