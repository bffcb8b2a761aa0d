using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Primitives;
using Pomegranate.Http;
using Pomegranate.Streaming;

namespace Pomegranate.Backend.Server;

/// <summary>What every request starts with, read once from the options.</summary>
internal sealed record RequestSettings(
    int InlineResponseBytes,
    TimeSpan SocketGrace,
    long? MaxRequestBodySize,
    bool AllowSynchronousIO,
    Func<string, Encoding?> RequestHeaderEncoding,
    Func<string, Encoding?> ResponseHeaderEncoding,
    MinDataRate? MinRequestBodyDataRate,
    MinDataRate? MinResponseDataRate,
    long? MaxUpgradedConnections)
{
    private static readonly KestrelServerLimits KestrelsOwn = new();

    public static RequestSettings From(PomegranateServerOptions own, KestrelServerOptions kestrel) => new(
        own.InlineResponseBytes,
        own.SocketGrace,
        kestrel.Limits.MaxRequestBodySize,
        kestrel.AllowSynchronousIO,
        kestrel.RequestHeaderEncodingSelector,
        kestrel.ResponseHeaderEncodingSelector,
        kestrel.Limits.MinRequestBodyDataRate,
        kestrel.Limits.MinResponseDataRate,
        kestrel.Limits.MaxConcurrentUpgradedConnections);

    public KeyValuePair<string, StringValues>[] EncodeResponseHeaders(KeyValuePair<string, StringValues>[] headers) =>
        HeaderBytes.Encode(headers, ResponseHeaderEncoding);

    /// <summary>The app has other rates than Kestrel by itself: the request's frontend is told.</summary>
    public void TellRates(RequestStream stream)
    {
        Tell(RateKind.RequestBody, MinRequestBodyDataRate, KestrelsOwn.MinRequestBodyDataRate);
        Tell(RateKind.Response, MinResponseDataRate, KestrelsOwn.MinResponseDataRate);

        void Tell(RateKind kind, MinDataRate? rate, MinDataRate? usual)
        {
            if ((rate?.BytesPerSecond, rate?.GracePeriod) != (usual?.BytesPerSecond, usual?.GracePeriod))
            {
                stream.SetRate(kind, rate?.BytesPerSecond, rate?.GracePeriod ?? default);
            }
        }
    }
}
