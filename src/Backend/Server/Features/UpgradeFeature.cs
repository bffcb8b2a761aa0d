using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Pomegranate.Backend.Server;

/// <summary>An upgrade (WebSocket): the response is 101, and from then on bytes go both ways on the request's stream.</summary>
internal sealed class UpgradeFeature(
    bool isUpgradable,
    ResponseFeature response,
    ResponseExchange exchange,
    ResponseBodyStream body,
    ResponseBodyWriter writer,
    RequestStream stream,
    Func<bool> tryUpgrade) : IHttpUpgradeFeature
{
    private bool _isUpgraded;

    public bool IsUpgradableRequest => isUpgradable;

    public async Task<Stream> UpgradeAsync()
    {
        if (!isUpgradable)
        {
            throw new InvalidOperationException("Cannot upgrade a non-upgradable request. Check IHttpUpgradeFeature.IsUpgradableRequest to determine if a request can be upgraded.");
        }

        if (_isUpgraded)
        {
            throw new InvalidOperationException("IHttpUpgradeFeature.UpgradeAsync was already called and can only be called once per connection.");
        }

        if (!tryUpgrade())
        {
            throw new InvalidOperationException("Request cannot be upgraded because the server has already opened the maximum number of upgraded connections.");
        }

        _isUpgraded = true;
        response.StatusCode = StatusCodes.Status101SwitchingProtocols;
        response.ReasonPhrase = "Switching Protocols";
        response.Headers[HeaderNames.Connection] = "Upgrade";
        exchange.DisableBuffering();
        await stream.RequestBodyAsync();
        await exchange.FlushAsync(CancellationToken.None);
        body.GiveWay();
        return new UpgradedStream(stream.Incoming, writer);
    }
}
