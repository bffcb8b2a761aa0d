using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Pomegranate.Streaming;

namespace Pomegranate.Backend.Server;

/// <summary>
/// How slow a client may be. The frontend has its connection, so it is told what the app sets: over the request's stream,
/// before anything else on it.
/// </summary>
internal class DataRateFeature(RequestStream stream, MinDataRate? request) : IHttpMinRequestBodyDataRateFeature
{
    private MinDataRate? _request = request;

    MinDataRate? IHttpMinRequestBodyDataRateFeature.MinDataRate
    {
        get => CanHaveRate ? _request : throw new NotSupportedException(NotSupported);
        set
        {
            if (value is not null && !CanHaveRate)
            {
                throw new NotSupportedException(NotSupported);
            }

            _request = value;
            stream.SetRate(RateKind.RequestBody, value?.BytesPerSecond, value?.GracePeriod ?? default);
        }
    }

    /// <summary>Over HTTP/2 and HTTP/3 many requests share a connection: there, as on Kestrel, a rate can only be switched off.</summary>
    protected virtual bool CanHaveRate => false;

    private const string NotSupported = "This feature is not supported for HTTP/2 requests except to disable it entirely by setting the rate to null.";
}

/// <summary>The same over HTTP/1.1, for the response too.</summary>
internal sealed class Http1DataRateFeature(RequestStream stream, MinDataRate? request, MinDataRate? response)
    : DataRateFeature(stream, request), IHttpMinResponseDataRateFeature
{
    private readonly RequestStream _stream = stream;
    private MinDataRate? _response = response;

    MinDataRate? IHttpMinResponseDataRateFeature.MinDataRate
    {
        get => _response;
        set
        {
            _response = value;
            _stream.SetRate(RateKind.Response, value?.BytesPerSecond, value?.GracePeriod ?? default);
        }
    }

    protected override bool CanHaveRate => true;
}
