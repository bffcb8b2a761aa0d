using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Http;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Answers;

/// <summary>
/// Finds out whether an app lets an origin's scripts read its answers, when the first thing that such a script gets is an
/// answer of ours: the app is asked as a browser would ask it, by a preflight request.
/// </summary>
internal sealed class AppOrigins(ClusterGateway gateway, TimeProvider time)
{
    /// <summary>A client that is being refused does not wait long for the app's word.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    /// <summary>For so long an origin is not asked for again.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private const int Most = 1000;

    private readonly ConcurrentDictionary<string, long> _asked = new(StringComparer.Ordinal);

    public CorsGrants Grants { get; } = new();

    /// <summary>An answer of the app's.</summary>
    public void Learn(StringValues origin, WebResponse answer)
    {
        if (origin is [{ Length: > 0 } one])
        {
            Grants.Learn(one, name => HeaderOf(answer, name));
        }
    }

    public async Task AskAsync(HttpContext context, string origin)
    {
        if (Grants.Knows(origin) || gateway.Backends == 0 || !IsTime(origin))
        {
            return;
        }

        try
        {
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            enough.CancelAfter(Patience);
            var answer = await gateway.AskAsync(Preflight(context, origin), enough.Token);
            using (answer.Stream)
            {
                if (answer.Reply is { Kind: ReplyKind.Response, Response: { } response })
                {
                    Grants.Learn(origin, name => HeaderOf(response, name));
                }
            }
        }
        catch (Exception failure) when (failure is GatewayException or OperationCanceledException)
        {
            // Nobody knows: the script sees that there was an error, and not which.
        }
    }

    private bool IsTime(string origin)
    {
        if (_asked.TryGetValue(origin, out var last) && time.GetElapsedTime(last) < Silence)
        {
            return false;
        }

        if (_asked.Count >= Most)
        {
            _asked.Clear();
        }

        _asked[origin] = time.GetTimestamp();
        return true;
    }

    private static WebRequest Preflight(HttpContext context, string origin) => new()
    {
        Method = HttpMethods.Options,
        Scheme = context.Request.Scheme,
        RawTarget = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
        Protocol = context.Request.Protocol,
        Headers =
        [
            new("Host", context.Request.Headers.Host),
            new(HeaderNames.Origin, origin),
            new(HeaderNames.AccessControlRequestMethod, context.Request.Headers.AccessControlRequestMethod is { Count: > 0 } wanted ? wanted : context.Request.Method),
        ],
        TraceIdentifier = context.TraceIdentifier + ":cors",
    };

    private static string? HeaderOf(WebResponse answer, string name)
    {
        foreach (var (key, value) in answer.Headers)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        return null;
    }
}
