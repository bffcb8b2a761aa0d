using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Pomegranate.Backend.Server;
using Pomegranate.Http;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>A real WebApplication on the server under test.</summary>
internal sealed class ServedApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ApplicationRunner _runner;
    private int _requests;

    private ServedApp(WebApplication app, ApplicationRunner runner, LogCollector log)
    {
        _app = app;
        _runner = runner;
        Log = log;
    }

    public LogCollector Log { get; }

    public WebApplication App => _app;

    public static async Task<ServedApp> StartAsync(Action<WebApplication> map, Action<WebApplicationBuilder>? configure = null)
    {
        var log = new LogCollector();
        var builder = CreateBuilder(log);
        builder.Services.Replace(ServiceDescriptor.Singleton<IServer, PomegranateServer>());
        configure?.Invoke(builder);
        var app = builder.Build();
        map(app);
        await app.StartAsync().For("the app to start");
        var server = (PomegranateServer)app.Services.GetRequiredService<IServer>();
        return new ServedApp(app, await server.Ready.For("the server to be ready"), log);
    }

    public static WebApplicationBuilder CreateBuilder(LogCollector log)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ServedApp).Assembly.GetName().Name,
            EnvironmentName = "Production",
        });
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Debug).AddProvider(log);
        return builder;
    }

    public Task<WebResponse> GetAsync(string target, TestSession? session = null) => SendAsync("GET", target, session: session);

    public Task<WebResponse> SendAsync(
        string method,
        string target,
        byte[]? body = null,
        IEnumerable<(string Name, string Value)>? headers = null,
        TestSession? session = null,
        string protocol = "HTTP/1.1",
        CancellationToken clientGone = default)
    {
        var request = new WebRequest
        {
            Method = method,
            Scheme = "http",
            RawTarget = target,
            Protocol = protocol,
            Headers = [.. (headers ?? [("Host", "shop.test")]).Select(h => KeyValuePair.Create(h.Name, new StringValues(h.Value)))],
            Body = body,
            HasBody = body is not null,
            Client = new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.1.2.3"), 4567),
            Local = new System.Net.IPEndPoint(System.Net.IPAddress.Parse("10.9.8.7"), 80),
            TraceIdentifier = $"FRONT1:{Interlocked.Increment(ref _requests):X8}",
        };
        return RunAsync(request, session ?? new TestSession(), clientGone).For($"the response to {method} {target}");
    }

    /// <summary>The response, whichever way it came.</summary>
    private async Task<WebResponse> RunAsync(WebRequest request, TestSession session, CancellationToken clientGone)
    {
        var frontend = new FrontendEnd();
        return await _runner.RunAsync(request, frontend.Stream, session, clientGone) ?? await frontend.ReadAsync();
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}

/// <summary>Reads a response in a test.</summary>
internal static class WebResponseReading
{
    public static string Text(this WebResponse response) => Encoding.UTF8.GetString(response.Body.Span);

    public static string? Header(this WebResponse response, string name)
        => response.Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value.ToString()).SingleOrDefault();
}
