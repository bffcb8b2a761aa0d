using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;
using Pomegranate.Configuration;
using Pomegranate.Frontend.Edge;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Frontend.Http;
using Pomegranate.Frontend.Streaming;
using Pomegranate.Management;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Pomegranate.Frontend.Hosting;

/// <summary>Puts a frontend together: Kestrel, the edge's parts, the trusted proxies' headers, YARP, and our transport behind it.</summary>
internal static class FrontendSetup
{
    public static void AddFrontend(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidatedOptions<GatewayOptions, GatewayOptionsValidator>(builder.Configuration, GatewayOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<FrontendState>();
        services.AddSingleton<StreamListener>();
        services.AddSingleton<ClusterGateway>();
        services.AddSingleton<SessionCookie>();
        services.AddSingleton<ClusterHandler>();
        services.AddManagementEndpoint(builder.Configuration);
        services.AddPomegranateNode(builder.Configuration, NodeRole.Frontend);
        services.AddHostedService<FrontendNode>();
        services.AddHealthChecks().AddCheck<FrontendReadiness>("frontend", tags: ["ready"]);
        services.AddHttpForwarder();
        services.AddForwardedHeader();
        services.AddAdmission();
        builder.AddEdge();

        // The time to finish what runs begins after the drain delay. Not from the options class: the host reads this
        // before they are validated.
        services.PostConfigure<HostOptions>(host => host.ShutdownTimeout +=
            builder.Configuration.GetValue($"{GatewayOptions.Section}:{nameof(GatewayOptions.DrainDelay)}", TimeSpan.Zero));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Kestrel is what a web application builds first, and reads options here: all that is wrong is said at once.
            kestrel.ApplicationServices.GetRequiredService<IStartupValidator>().Validate();
            kestrel.AddServerHeader = false;

            // The app has its own limit, Kestrel's by default, and is to say so itself.
            kestrel.Limits.MaxRequestBodySize = kestrel.ApplicationServices.GetRequiredService<IOptions<GatewayOptions>>().Value.MaxRequestBodyBytes;
        });
    }

    public static void MapFrontend(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        if (options.TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders(ForwardedHeadersOptionsOf(options));
        }

        app.UseEdge();
        app.UseAdmission();

        // Resolving it starts the shard region proxy, before the first request.
        var invoker = new HttpMessageInvoker(app.Services.GetRequiredService<ClusterHandler>(), disposeHandler: false);

        // A live feed may be silent for long; the gateway has a time limit for answers, and Kestrel has rates for bodies.
        var limits = new ForwarderRequestConfig { ActivityTimeout = Timeout.InfiniteTimeSpan };
        var transformer = app.Services.GetRequiredService<ITransformBuilder>().Create(transforms =>
        {
            // Replaces what the client sent of these: it is not to be believed.
            transforms.AddXForwarded(ForwardedTransformActions.Set);
            transforms.SetForwardedHeader();
            transforms.AddRequestTransform(transform =>
            {
                transform.ProxyRequest.Options.Set(ClusterHandler.ClientRequest, transform.HttpContext);
                return default;
            });
        });
        app.MapForwarder("/{**path}", "http://pomegranate", limits, transformer, invoker);
    }

    private static ForwardedHeadersOptions ForwardedHeadersOptionsOf(GatewayOptions options)
    {
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All, ForwardLimit = null };
        forwarded.KnownIPNetworks.Clear();
        forwarded.KnownProxies.Clear();
        foreach (var network in options.TrustedProxies)
        {
            forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
        }

        return forwarded;
    }
}
