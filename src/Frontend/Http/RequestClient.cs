using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Pomegranate.Streaming;

namespace Pomegranate.Frontend.Http;

/// <summary>What a home may ask of a request's client, while the request is under way. Thread-safe.</summary>
/// <param name="body">Whose rate the home may set; null for none.</param>
internal sealed class RequestClient(HttpContext context, RequestBody? body)
{
    private readonly Lock _lock = new();
    private bool _isOver;

    public void SetRate(StreamRate rate)
    {
        var least = rate.BytesPerSecond is { } bytes ? new MinDataRate(bytes, rate.Grace) : null;
        if (rate.Kind == RateKind.RequestBody)
        {
            body?.SetRate(least);
            return;
        }

        lock (_lock)
        {
            // Over HTTP/2 Kestrel has none for one of the requests on a connection.
            if (!_isOver && context.Features.Get<IHttpMinResponseDataRateFeature>() is { } feature)
            {
                feature.MinDataRate = least;
            }
        }
    }

    /// <summary>Ends the client's stream as the app has asked for; a connection of HTTP/1.1 is cut.</summary>
    public void Reset(int errorCode)
    {
        lock (_lock)
        {
            if (!_isOver)
            {
                Cut(context, errorCode);
            }
        }
    }

    /// <param name="errorCode">What an HTTP/2 or HTTP/3 client is told; null for Kestrel's own choice.</param>
    public static void Cut(HttpContext context, int? errorCode)
    {
        if (errorCode is { } code && context.Features.Get<IHttpResetFeature>() is { } feature)
        {
            feature.Reset(code);
        }
        else
        {
            context.Abort();
        }
    }

    /// <summary>Kestrel uses the context for another request from here on.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isOver = true;
        }
    }
}
