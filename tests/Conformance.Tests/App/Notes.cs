using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Conformance.App;

/// <summary>
/// What a request can no longer tell its own client, kept for the next one. Under numbers drawn here, as both sides run in
/// one process.
/// </summary>
internal static class Notes
{
    private static readonly ConcurrentDictionary<string, TaskCompletionSource<string>> Taken = new();

    public static void Map(WebApplication app)
    {
        app.Map("/scenario/number", (HttpContext c) => { c.Response.Headers["X-Keep-Number"] = Guid.NewGuid().ToString("N"); });
        app.Map("/scenario/note/{number}", (string number) => Of(number).Task.For("the other request's note"));
    }

    public static TaskCompletionSource<string> Of(string number) => Taken.GetOrAdd(number, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
