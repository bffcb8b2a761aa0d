using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Pomegranate.Apps.Cases;

/// <summary>An app that asks its server for features, over HTTP/1.1 and over HTTP/2.</summary>
internal static class FeatureApp
{
    public static TriedApp[] Both => [Over("features", false), Over("features over HTTP/2", true)];

    private static TriedApp Over(string name, bool isHttp2) => new(name)
    {
        IsHttp2 = isHttp2,
        Cases =
        [
            Says("items of the connection can be kept and found", c =>
            {
                var items = c.Features.Get<IConnectionItemsFeature>()?.Items;
                if (items is null)
                {
                    return "no feature";
                }

                items["seed"] = 6;
                return $"{items["seed"]}";
            }),
            Says("the server's addresses", c =>
            {
                var addresses = c.RequestServices.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses;
                return addresses is null ? "no feature" : $"{addresses.Count > 0} {string.Join(' ', addresses.Select(a => a[..4]))}";
            }),
            Says("the minimum data rates", c => $"""
                request: {c.Features.Get<IHttpMinRequestBodyDataRateFeature>()?.MinDataRate?.BytesPerSecond.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}
                response: {c.Features.Get<IHttpMinResponseDataRateFeature>() is not null}
                """),
            Says("a data rate may be switched off", c =>
            {
                if (c.Features.Get<IHttpMinRequestBodyDataRateFeature>() is not { } rate)
                {
                    return "no feature";
                }

                rate.MinDataRate = null;
                return $"{rate.MinDataRate is null}";
            }),
            Says("the largest body", c =>
            {
                var limit = c.Features.Get<IHttpMaxRequestBodySizeFeature>();
                return $"{limit?.MaxRequestBodySize} {limit?.IsReadOnly}";
            }),
            Says("the connection", c => $"{c.Connection.RemoteIpAddress} {c.Connection.RemotePort > 0} {c.Connection.LocalIpAddress} {c.Connection.LocalPort > 0} {c.Connection.Id.Length > 0}"),
            Says("synchronous writes are refused until they are allowed", c =>
            {
                var control = c.Features.Get<IHttpBodyControlFeature>();
                return $"{control?.AllowSynchronousIO}";
            }),
            Says("the protocol", c => $"{c.Request.Protocol} {c.Request.Scheme} {c.Request.IsHttps}"),
            Says("features of the request", c => string.Join('\n', new (string Name, bool IsThere)[]
            {
                ("body detection", c.Features.Get<IHttpRequestBodyDetectionFeature>() is not null),
                ("body pipe", c.Features.Get<IRequestBodyPipeFeature>() is not null),
                ("request trailers", c.Features.Get<IHttpRequestTrailersFeature>() is not null),
                ("response trailers", c.Features.Get<IHttpResponseTrailersFeature>() is not null),
                ("reset", c.Features.Get<IHttpResetFeature>() is not null),
                ("upgrade", c.Features.Get<IHttpUpgradeFeature>() is not null),
                ("lifetime", c.Features.Get<IHttpRequestLifetimeFeature>() is not null),
                ("identifier", c.Features.Get<IHttpRequestIdentifierFeature>() is not null),
                ("services", c.Features.Get<IServiceProvidersFeature>() is not null),
                ("endpoint", c.Features.Get<IEndpointFeature>() is not null),
                ("route values", c.Features.Get<IRouteValuesFeature>() is not null),
                ("activity", c.Features.Get<IHttpActivityFeature>() is not null),
                ("metrics tags", c.Features.Get<IHttpMetricsTagsFeature>() is not null),
                ("TLS", c.Features.Get<ITlsConnectionFeature>() is not null),
                ("TLS handshake", c.Features.Get<ITlsHandshakeFeature>() is not null),
            }.Select(feature => $"{feature.Name}: {feature.IsThere}"))),
            new("a reset reaches the client with its code",
                map => map.MapGet("reset", async (HttpContext c) =>
                {
                    if (c.Features.Get<IHttpResetFeature>() is { } reset)
                    {
                        reset.Reset(8);
                        return;
                    }

                    await c.Response.WriteAsync("no feature");
                }),
                async walk =>
                {
                    try
                    {
                        await walk.GetAsync("reset");
                    }
                    catch (HttpRequestException failure)
                    {
                        walk.Note($"{(failure.InnerException as HttpProtocolException)?.ErrorCode}");
                    }
                }),
            new("trailers of a response",
                map => map.MapGet("trailers", async (HttpContext c) =>
                {
                    if (c.Response.SupportsTrailers())
                    {
                        c.Response.DeclareTrailer("X-End");
                    }

                    await c.Response.WriteAsync($"{c.Response.SupportsTrailers()}");
                    if (c.Response.SupportsTrailers())
                    {
                        c.Response.AppendTrailer("X-End", "reached");
                    }
                }),
                async walk =>
                {
                    using var response = await walk.Client.BeginAsync(new HttpRequestMessage(HttpMethod.Get, "trailers"));
                    walk.Note(await response.Content.ReadAsStringAsync());
                    walk.Note(string.Join(' ', response.TrailingHeaders.Select(h => $"{h.Key}={string.Join(',', h.Value)}")));
                }),
        ],
    };

    private static AppCase Says(string name, Func<HttpContext, string> app) =>
        new(name, map => map.MapGet("say", (HttpContext c) => app(c)), async walk => await walk.GetAsync("say"));
}
