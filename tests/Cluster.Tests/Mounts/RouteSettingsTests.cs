using System.Net;
using System.Net.WebSockets;
using System.Text;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Mounts;

/// <summary>YARP's settings of a route, through our transport: what it matches, what it changes, how long it lets a request be.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class RouteSettingsTests(SharedCluster shared)
{
    private const string Routes = """
        {
          "ReverseProxy": { "Routes": {
            "post": { "ClusterId": "default", "Order": 1, "Match": { "Path": "/a/{**rest}", "Methods": [ "POST" ] },
              "Transforms": [ { "PathRemovePrefix": "/a" }, { "RequestHeader": "X-Route", "Set": "post" } ] },
            "header": { "ClusterId": "default", "Order": 2, "Match": { "Path": "/a/{**rest}", "Headers": [ { "Name": "X-Kind", "Values": [ "header" ] } ] },
              "Transforms": [ { "PathRemovePrefix": "/a" }, { "RequestHeader": "X-Route", "Set": "header" } ] },
            "query": { "ClusterId": "default", "Order": 3, "Match": { "Path": "/a/{**rest}", "QueryParameters": [ { "Name": "kind", "Values": [ "query" ] } ] },
              "Transforms": [ { "PathRemovePrefix": "/a" }, { "RequestHeader": "X-Route", "Set": "query" } ] },
            "last": { "ClusterId": "default", "Order": 4, "Match": { "Path": "/a/{**rest}" },
              "Transforms": [ { "PathRemovePrefix": "/a" }, { "RequestHeader": "X-Route", "Set": "last" } ] },
            "changed": { "ClusterId": "default", "Match": { "Path": "/changed/{number}" }, "Transforms": [
                { "PathPattern": "/exclusive/{number}/made/up" },
                { "QueryRouteParameter": "from", "Append": "number" }, { "QueryRemoveParameter": "secret" },
                { "HttpMethodChange": "GET", "Set": "PUT" },
                { "RequestHeader": "X-Added", "Append": "b" }, { "RequestHeaderRemove": "X-Secret" },
                { "ResponseHeader": "X-Answer", "Set": "changed", "When": "Always" }, { "ResponseHeaderRemove": "X-Inner", "When": "Always" } ] },
            "bare": { "ClusterId": "default", "Match": { "Path": "/bare/{**rest}" }, "Transforms": [
                { "PathRemovePrefix": "/bare" }, { "RequestHeadersCopy": "false" }, { "RequestHeadersAllowed": "X-One" }, { "ResponseHeadersAllowed": "X-Two;Content-Type" } ] },
            "brief": { "ClusterId": "default", "Match": { "Path": "/brief/{**rest}" }, "Timeout": "00:00:01", "MaxRequestBodySize": 100, "Transforms": [ { "PathRemovePrefix": "/brief" } ] }
          } }
        }
        """;

    [Fact]
    public async Task Match_MethodHeaderQueryAndOrder_ChooseTheRoute()
    {
        using var file = new SettingsFile(Routes);
        await using var frontend = await shared.Cluster.StartFrontendAsync(file.Path);
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = "/a" + browser.Path(http => http.Response.WriteAsync(http.Request.Headers["X-Route"].ToString()));

        Assert.Equal("post", (await browser.SendAsync(new(HttpMethod.Post, path))).Ok());
        Assert.Equal("header", (await browser.SendAsync(new(HttpMethod.Get, path + "?kind=query") { Headers = { { "X-Kind", "header" } } })).Ok());
        Assert.Equal("query", (await browser.SendAsync(new(HttpMethod.Get, path + "?kind=query"))).Ok());
        Assert.Equal("last", (await browser.SendAsync(new(HttpMethod.Get, path))).Ok());
    }

    [Fact]
    public async Task Transforms_ChangePathQueryMethodAndHeaders_BothWays()
    {
        using var file = new SettingsFile(Routes);
        await using var frontend = await shared.Cluster.StartFrontendAsync(file.Path);
        using var browser = shared.Cluster.NewBrowser(frontend);
        var number = browser.Path(http =>
        {
            http.Response.Headers["X-Inner"] = "not for clients";
            var request = http.Request;
            return http.Response.WriteAsync(
                $"{request.Method} {request.Path.Value!.Split('/', 4)[3]} {request.QueryString.Value!.Replace(request.RouteValues["number"]!.ToString()!, "N", StringComparison.Ordinal)} "
                + $"{request.Headers["X-Added"]} {request.Headers.ContainsKey("X-Secret")}");
        }).Split('/')[2];

        var answer = await browser.SendAsync(new(HttpMethod.Get, $"/changed/{number}?secret=1&kept=2") { Headers = { { "X-Added", "a" }, { "X-Secret", "s" } } });

        Assert.Equal("PUT made/up ?kept=2&from=N a,b False", answer.Ok().Replace("a, b", "a,b", StringComparison.Ordinal));
        Assert.Equal(["changed"], answer.Headers.GetValues("X-Answer"));
        Assert.False(answer.Headers.Contains("X-Inner"));
    }

    [Fact]
    public async Task Transforms_OnlySomeHeaders_Pass()
    {
        using var file = new SettingsFile(Routes);
        await using var frontend = await shared.Cluster.StartFrontendAsync(file.Path);
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = "/bare" + browser.Path(http =>
        {
            http.Response.Headers["X-Two"] = http.Response.Headers["X-Three"] = "3";
            return http.Response.WriteAsync($"{http.Request.Headers["X-One"]} {http.Request.Headers.ContainsKey("X-Other")}");
        });

        var answer = await browser.SendAsync(new(HttpMethod.Get, path) { Headers = { { "X-One", "1" }, { "X-Other", "2" } } });

        Assert.Equal("1 False", answer.Ok());
        Assert.True(answer.Headers.Contains("X-Two"));
        Assert.False(answer.Headers.Contains("X-Three"));
    }

    [Fact]
    public async Task Timeout_CutsAFeedInItsMiddle_AndTheAppIsTold_ButNoWebSocket()
    {
        using var file = new SettingsFile(Routes);
        await using var frontend = await shared.Cluster.StartFrontendAsync(file.Path);
        using var browser = shared.Cluster.NewBrowser(frontend);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var socket = await browser.ConnectAsync("/brief" + browser.Path(async http =>
        {
            using var accepted = await http.WebSockets.AcceptWebSocketAsync();
            var received = await accepted.ReceiveAsync(new byte[10], http.RequestAborted);
            await accepted.SendAsync("still here"u8.ToArray(), WebSocketMessageType.Text, true, http.RequestAborted);
            await accepted.ReceiveAsync(new byte[10], http.RequestAborted);
        }));
        using var feed = await browser.BeginAsync(new(HttpMethod.Get, "/brief" + browser.Path(async http =>
        {
            http.RequestAborted.Register(() => told.TrySetResult());
            await http.Response.WriteAsync("begun");
            await http.Response.Body.FlushAsync();
            await told.Task;
        }))).For("the feed's head");

        await Assert.ThrowsAnyAsync<Exception>(() => feed.Content.ReadAsStringAsync().For("the feed's cut"));
        await told.Task.For("the app to be told");

        // The socket is older than the feed was.
        await socket.SendAsync("x"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[20];
        var echo = await socket.ReceiveAsync(buffer, CancellationToken.None).For("the socket's answer");
        Assert.Equal("still here", Encoding.ASCII.GetString(buffer, 0, echo.Count));
    }

    [Fact]
    public async Task MaxRequestBodySize_ABodyOverIt_413_WhetherItsLengthIsToldOrNot()
    {
        using var file = new SettingsFile(Routes);
        await using var frontend = await shared.Cluster.StartFrontendAsync(file.Path);
        using var browser = shared.Cluster.NewBrowser(frontend);
        var path = "/brief" + browser.Path(http => http.Request.Body.CopyToAsync(Stream.Null));

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(100, chunked: false)).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(101, chunked: false)).Status);

        // Kestrel counts the framing of chunks too.
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(50, chunked: true)).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await PostAsync(101, chunked: true)).Status);

        Task<Answer> PostAsync(int bytes, bool chunked) => browser.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[bytes]), Headers = { TransferEncodingChunked = chunked } });
    }
}
