using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Pomegranate.Pbm.Tests;

/// <summary>A node that answers every request with the same text, or not at all, and remembers what it was asked.</summary>
internal sealed class StubNode : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubNode(WebApplication app) => _app = app;

    public string Endpoint => new Uri(_app.Urls.First()).Authority;

    /// <summary>Method, path and body of each request.</summary>
    public List<string> Asked { get; } = [];

    public static async Task<StubNode> StartAsync(int status, string? answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var node = new StubNode(app);
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            node.Asked.Add($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {await reader.ReadToEndAsync()}".TrimEnd());
            if (answer is null)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            context.Response.StatusCode = status;
            await context.Response.WriteAsync(answer);
        });
        await app.StartAsync();
        return node;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
