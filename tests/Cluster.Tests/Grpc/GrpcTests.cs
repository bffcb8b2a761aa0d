using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.ClusterTests.Features;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Grpc;

/// <summary>A gRPC app behind the cluster, and gRPC's own client: every kind of call, and every way that one ends.</summary>
public sealed class GrpcTests : IAsyncLifetime
{
    private readonly CallLog _log = new();
    private OwnApp _app = null!;
    private TestFrontend _frontend = null!;
    private GrpcChannel _channel = null!;
    private CallInvoker _calls = null!;

    public async Task InitializeAsync()
    {
        _app = await OwnApp.StartAsync(
            _ => { },
            app => app.MapGrpcService<CallService>(),
            builder =>
            {
                builder.Services.AddGrpc();
                builder.Services.AddSingleton(_log);
            });
        _frontend = await _app.Cluster.StartFrontendAsync(
            ("Kestrel:EndpointDefaults:Protocols", "Http2"),
            ("Kestrel:Limits:MinRequestBodyDataRate:BytesPerSecond", "1000"), ("Kestrel:Limits:MinRequestBodyDataRate:GracePeriod", "00:00:01.1"));
        _channel = GrpcChannel.ForAddress(_frontend.Address);
        _calls = _channel.CreateCallInvoker();
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _frontend.DisposeAsync();
        await _app.DisposeAsync();
    }

    [Fact]
    public async Task EachKindOfCall_ComesThrough()
    {
        Assert.Equal("hello kindly", await _calls.AsyncUnaryCall(Calls.Unary, null, new CallOptions(new Metadata { { "asked", "kindly" } }), "hello").ResponseAsync.For("a unary call"));

        using var upload = _calls.AsyncClientStreamingCall(Calls.Upload, null, default);
        await upload.RequestStream.WriteAsync("a");
        await upload.RequestStream.WriteAsync(new string('b', 100_000));
        await upload.RequestStream.CompleteAsync();
        Assert.Equal("a" + new string('b', 100_000), await upload.ResponseAsync.For("a client stream"));

        using var feed = _calls.AsyncServerStreamingCall(Calls.Feed, null, default, "short");
        Assert.StartsWith("backend-", await NextAsync(feed.ResponseStream), StringComparison.Ordinal);
        Assert.Equal("end", await NextAsync(feed.ResponseStream));
        Assert.Null(await NextAsync(feed.ResponseStream));

        using var talk = _calls.AsyncDuplexStreamingCall(Calls.Talk, null, default);
        foreach (var word in new[] { "one", "two", "three" })
        {
            await talk.RequestStream.WriteAsync(word);
            Assert.Equal($"re: {word}", await NextAsync(talk.ResponseStream));
        }

        await talk.RequestStream.CompleteAsync();
        Assert.Null(await NextAsync(talk.ResponseStream));
    }

    [Fact]
    public async Task AppFails_ItsStatusAndTrailersArrive()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => _calls.AsyncUnaryCall(Calls.Unary, null, default, "fail").ResponseAsync.For("the failure"));

        Assert.Equal((StatusCode.FailedPrecondition, "not so", "because"), (failure.StatusCode, failure.Status.Detail, failure.Trailers.GetValue("reason")));
    }

    [Fact]
    public async Task SilentStreams_OutlastTheRateOfOtherBodies()
    {
        using var talk = _calls.AsyncDuplexStreamingCall(Calls.Talk, null, default);
        await talk.RequestStream.WriteAsync("one");
        Assert.Equal("re: one", await NextAsync(talk.ResponseStream));
        using var upload = _calls.AsyncClientStreamingCall(Calls.Upload, null, default);
        await upload.RequestStream.WriteAsync("a");

        // The clock: an ordinary body that is as silent, and came later, is cut.
        var cut = await Assert.ThrowsAnyAsync<Exception>(() => SilentPostAsync().For("the end of a silent body"));
        Assert.False(cut is TimeoutException, cut.ToString());

        await talk.RequestStream.WriteAsync("two");
        Assert.Equal("re: two", await NextAsync(talk.ResponseStream));
        await upload.RequestStream.WriteAsync("b");
        await upload.RequestStream.CompleteAsync();
        Assert.Equal("ab", await upload.ResponseAsync.For("the upload's answer"));
    }

    [Fact]
    public async Task Deadline_EndsTheCallOnBothSides()
    {
        var call = _calls.AsyncUnaryCall(Calls.Unary, null, new CallOptions(deadline: DateTime.UtcNow.AddSeconds(1)), "wait");

        var failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.For("the deadline"));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        await _log.Ended.For("the deadline in the app");
    }

    [Fact]
    public async Task Cancel_EndsTheCallOnBothSides()
    {
        using var feed = _calls.AsyncServerStreamingCall(Calls.Feed, null, default, "long");
        await NextAsync(feed.ResponseStream);

        feed.Dispose();

        await _log.Ended.For("the cancellation in the app");
    }

    [Fact]
    public async Task BackendDies_ItsStreamsEndAsUnavailable()
    {
        using var feed = _calls.AsyncServerStreamingCall(Calls.Feed, null, default, "long");
        var node = await NextAsync(feed.ResponseStream);

        await _app.Cluster.KillAsync(node!);

        var failure = await Assert.ThrowsAsync<RpcException>(() => NextAsync(feed.ResponseStream));
        Assert.True(failure.StatusCode == StatusCode.Unavailable, failure.ToString());
    }

    private static async Task<string?> NextAsync(IAsyncStreamReader<string> answers) =>
        await answers.MoveNext(CancellationToken.None).For("the call's next message") ? answers.Current : null;

    /// <summary>Sends one byte of two, over HTTP/2.</summary>
    private async Task SilentPostAsync()
    {
        using var http = new HttpClient { BaseAddress = _frontend.Address, Timeout = TimeSpan.FromSeconds(60) };
        using var request = new HttpRequestMessage(HttpMethod.Post, _app.Path(context => context.Request.Body.CopyToAsync(Stream.Null)))
        {
            Version = new(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new SilentContent(),
        };
        using var response = await http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Begins, and never goes on.</summary>
    private sealed class SilentContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await stream.WriteAsync("a"u8.ToArray());
            await stream.FlushAsync();
            await Task.Delay(Timeout.Infinite);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
