using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Http;

/// <summary>
/// Who watches how slowly a client sends its body: Kestrel by itself, or where the app may have a word of its own
/// <see cref="BodyRate"/>.
/// </summary>
internal sealed class DataRates(IOptions<KestrelServerOptions> kestrel)
{
    /// <summary>Before the body is read.</summary>
    /// <returns>The rate to hold the client to; null where Kestrel does.</returns>
    public MinDataRate? TakeOver(HttpContext context, ClusterGateway gateway)
    {
        if (!gateway.TakesFacts || context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is not { } feature)
        {
            return null;
        }

        feature.MinDataRate = null;
        return kestrel.Value.Limits.MinRequestBodyDataRate;
    }
}
