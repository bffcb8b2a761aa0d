using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.ClusterTests.Features;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Answers;

/// <summary>Answers that the frontend gives itself: in the client's form, on the operator's page, readable by the app's other origins.</summary>
public sealed class OwnAnswerTests : IAsyncLifetime
{
    private const string Friend = "https://friend.example";

    private readonly DirectoryInfo _pages = Directory.CreateTempSubdirectory("pomegranate-pages-");
    private OwnApp _app = null!;
    private TestFrontend _frontend = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_pages.FullName, "504.html"), "<h1>{{status}} {{title}}</h1><p>{{reason}}</p>");
        await File.WriteAllTextAsync(Path.Combine(_pages.FullName, "error.html"), "<h1>Our site: {{title}}</h1>");
        _app = await OwnApp.StartAsync(
            _ => { },
            app => app.UseCors(),
            builder => builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy.SetIsOriginAllowed(origin => origin == Friend).AllowCredentials())));
        _frontend = await _app.Cluster.StartFrontendAsync(
            ("Pomegranate:Gateway:RequestTimeout", "00:00:01"),
            ("Pomegranate:Gateway:MaxRequestBodyBytes", "10"),
            ("Pomegranate:Gateway:ErrorPages", _pages.FullName));
    }

    public async Task DisposeAsync()
    {
        await _frontend.DisposeAsync();
        await _app.DisposeAsync();
        _pages.Delete(recursive: true);
    }

    [Theory]
    [InlineData(null, "text/plain; charset=utf-8")]
    [InlineData("*/*", "text/plain; charset=utf-8")]
    [InlineData("application/json", "application/problem+json")]
    [InlineData("application/problem+json", "application/problem+json")]
    [InlineData("text/html;q=0.5, application/json", "application/problem+json")]
    [InlineData("application/vnd.shop.v1+json", "application/problem+json")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8")]
    [InlineData("text/plain, text/html;q=0.1", "text/plain; charset=utf-8")]
    [InlineData("no/such/type;;", "text/plain; charset=utf-8")]
    public async Task TimedOut_IsInTheFormThatTheClientAsksFor(string? accept, string expected)
    {
        using var response = await SendAsync(SlowRequest(), accept);

        Assert.Equal((HttpStatusCode.GatewayTimeout, expected), (response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        Assert.Contains("Pomegranate:Gateway:RequestTimeout", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.True(response.Headers.CacheControl!.NoStore);
    }

    [Fact]
    public async Task ProblemDetails_SayStatusTitleReasonAndRequest()
    {
        using var response = await SendAsync(SlowRequest(), "application/json");

        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var of = problem.RootElement;
        Assert.Equal((504, "Gateway Timeout"), (of.GetProperty("status").GetInt32(), of.GetProperty("title").GetString()));
        Assert.Contains("not answered within 1 s", of.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(of.GetProperty("requestId").GetString()!);
    }

    [Fact]
    public async Task StatusWithoutAPage_GetsTheOneForAll()
    {
        using var response = await SendAsync(LongRequest(), "text/html");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("<h1>Our site: Payload Too Large</h1>", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData(Friend, true)]
    [InlineData("https://stranger.example", false)]
    public async Task OtherOrigins_MayReadThemWhereTheAppLetsThemReadItsOwn(string origin, bool expected)
    {
        // The first that this frontend hears of the origin: nothing of the app's has come before.
        foreach (var make in (Func<HttpRequestMessage>[])[LongRequest, SlowRequest])
        {
            using var request = make();
            request.Headers.Add("Origin", origin);
            using var response = await SendAsync(request, "application/json");

            Assert.Equal(expected ? origin : null, ValueOf(response, "Access-Control-Allow-Origin"));
            Assert.Equal(expected ? "true" : null, ValueOf(response, "Access-Control-Allow-Credentials"));
            Assert.Equal(expected, response.Headers.Vary.Contains("Origin"));
        }
    }

    private static string? ValueOf(HttpResponseMessage response, string header) =>
        response.Headers.TryGetValues(header, out var values) ? Assert.Single(values) : null;

    private HttpRequestMessage SlowRequest() => new(HttpMethod.Get, new Uri(_frontend.Address, _app.Path(context => Task.Delay(Timeout.Infinite, context.RequestAborted))));

    private HttpRequestMessage LongRequest() => new(HttpMethod.Post, new Uri(_frontend.Address, _app.Path(context => context.Request.Body.CopyToAsync(Stream.Null))))
    {
        Content = new ByteArrayContent(new byte[11]),
    };

    private static async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string? accept)
    {
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };
        return await http.SendAsync(request);
    }
}
