using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>What ASP.NET Core's host makes of each request for others to see, when this server hands it the request: metrics, traces, logs.</summary>
public sealed class HostingTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Theory]
    [InlineData("/fine", 200, null)]
    [InlineData("/missing", 404, null)]
    [InlineData("/throws", 500, "System.InvalidOperationException")]
    public async Task Metrics_OfARequest_AreMeasuredOnceAndSayHowItEnded(string path, int status, string? error)
    {
        await using var app = await ServedApp.StartAsync(Map);
        using var measured = new Measurements(app.App.Services.GetRequiredService<IMeterFactory>());

        await app.GetAsync(path);

        var duration = await measured.Duration.For("the request's duration");
        Assert.Equal(status, duration["http.response.status_code"]);
        Assert.Equal(error, duration.GetValueOrDefault("error.type"));
        Assert.Equal("GET", duration["http.request.method"]);
        Assert.Equal("http", duration["url.scheme"]);
        Assert.Equal("1.1", duration["network.protocol.version"]);
        Assert.Equal([1, -1], measured.Active);
    }

    [Fact]
    public async Task Trace_OfTheClient_GoesOnInTheApp()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", (HttpContext c) =>
            $"{Activity.Current?.ParentId} {ReferenceEquals(Activity.Current, c.Features.Get<IHttpActivityFeature>()?.Activity)} {Activity.Current?.GetBaggageItem("k")}"));

        var response = await app.SendAsync("GET", "/", headers: [("Host", "shop.test"), ("traceparent", Parent), ("baggage", "k=v")]);

        Assert.Equal($"{Parent} True v", response.Text());
    }

    [Fact]
    public async Task Log_SaysWhereARequestStartsAndHowItFinishes()
    {
        await using var app = await ServedApp.StartAsync(Map);

        await app.GetAsync("/missing");

        await app.App.StopAsync().For("the stop, which waits for the request's very end");
        Assert.Contains(app.Log.Entries, e => e.Id == 1 && e.Message.StartsWith("Request starting HTTP/1.1 GET http://shop.test/missing", StringComparison.Ordinal));
        Assert.Contains(app.Log.Entries, e => e.Id == 2 && e.Message.StartsWith("Request finished HTTP/1.1 GET http://shop.test/missing - 404", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ContextAccessor_AfterTheRequest_HasNoContext()
    {
        var seen = new TaskCompletionSource<bool>();
        await using var app = await ServedApp.StartAsync(
            a => a.MapGet("/", (IHttpContextAccessor accessor) =>
            {
                var during = accessor.HttpContext;
                _ = Task.Run(async () =>
                {
                    // What the app has left running must not come by a context that is over.
                    while (accessor.HttpContext is not null)
                    {
                        await Task.Yield();
                    }

                    seen.SetResult(during is not null);
                });
            }),
            builder => builder.Services.AddHttpContextAccessor());

        await app.GetAsync("/");

        Assert.True(await seen.Task.For("the accessor to let go of the context"));
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/fine", () => "fine");
        app.MapGet("/throws", Task () => throw new InvalidOperationException("boom"));
    }

    /// <summary>What the host's meter of this app measures.</summary>
    private sealed class Measurements : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly TaskCompletionSource<Dictionary<string, object?>> _duration = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Measurements(IMeterFactory factory)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Name is "http.server.request.duration" or "http.server.active_requests")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, _, tags, _) => _duration.SetResult(tags.ToArray().ToDictionary()));
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    Active.Enqueue(value);
                }
            });
            _listener.Start();
        }

        public Task<Dictionary<string, object?>> Duration => _duration.Task;

        public ConcurrentQueue<long> Active { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
