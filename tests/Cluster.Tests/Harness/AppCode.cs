using System.Collections.Concurrent;
using System.Globalization;
using Xunit.Sdk;

namespace Pomegranate.ClusterTests.Harness;

/// <summary>What the app does is written in the tests: they leave code here, and <see cref="TestApp"/> runs it by its number.</summary>
internal sealed class AppCode
{
    private readonly ConcurrentDictionary<string, RequestDelegate> _code = new();
    private int _last;

    /// <returns>The path segment to ask for.</returns>
    public string Add(RequestDelegate code)
    {
        var number = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        _code[number] = code;
        return number;
    }

    public async Task RunAsync(string number, HttpContext context)
    {
        try
        {
            await _code[number](context);
        }
        catch (XunitException failure) when (!context.Response.HasStarted)
        {
            // An assertion inside the app: the test sees it in the answer.
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            await context.Response.WriteAsync(failure.Message);
        }
    }
}
