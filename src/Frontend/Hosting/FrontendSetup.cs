using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;
using Pomegranate.Configuration;
using Pomegranate.Frontend.Answers;
using Pomegranate.Frontend.Edge;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Frontend.Http;
using Pomegranate.Frontend.Mounts;
using Pomegranate.Frontend.Streaming;
using Pomegranate.Http;
using Pomegranate.Management;

namespace Pomegranate.Frontend.Hosting;

/// <summary>Puts a frontend together: Kestrel, the edge's parts, the trusted proxies' headers, YARP, and our transport behind it.</summary>
internal static class FrontendSetup
{
    public static void AddFrontend(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var defaults = new GatewayOptions();
        services.AddValidatedOptions<GatewayOptions, GatewayOptionsValidator>(builder.Configuration, GatewayOptions.Section);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<FrontendState>();
        services.AddSingleton<StreamListener>();
        services.AddSingleton<ClientFacts>();
        services.AddSingleton<DataRates>();
        services.AddSingleton<AppHeadLimits>();
        services.AddSingleton<AnswerForm>();
        services.AddSingleton<OwnAnswers>();
        services.AddManagementEndpoint(builder.Configuration);
        services.AddPomegranateNode(builder.Configuration, NodeRole.Frontend);
        services.AddNodeService(provider => ActivatorUtilities.CreateInstance<FrontendNode>(provider));
        services.AddNodeCheck<FrontendReadiness>("frontend");
        services.AddAdmission();
        services.AddConnectionClose();
        builder.AddEdge();
        builder.AddMounts();

        // The time to finish what runs begins after the delays. Not from the options class: the host reads this before they
        // are validated, and what cannot be read is refused then.
        services.PostConfigure<HostOptions>(host => host.ShutdownTimeout +=
            DelayOf(nameof(GatewayOptions.DrainDelay), defaults.DrainDelay) + DelayOf(nameof(GatewayOptions.CloseDelay), defaults.CloseDelay));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Kestrel is what a web application builds first, and reads options here: all that is wrong is said at once.
            kestrel.ApplicationServices.GetRequiredService<IStartupValidator>().Validate();
            kestrel.AddServerHeader = false;

            // A header's value passes as its bytes: which text they are only the app says.
            kestrel.RequestHeaderEncodingSelector = HeaderBytes.Selector;
            kestrel.ResponseHeaderEncodingSelector = HeaderBytes.Selector;

            // The app has its own limit, Kestrel's by default, and is to say so itself.
            kestrel.Limits.MaxRequestBodySize = kestrel.ApplicationServices.GetRequiredService<IOptions<GatewayOptions>>().Value.MaxRequestBodyBytes;
        });

        TimeSpan DelayOf(string name, TimeSpan byDefault) =>
            TimeSpan.TryParse(builder.Configuration[$"{GatewayOptions.Section}:{name}"], CultureInfo.InvariantCulture, out var delay) ? delay : byDefault;
    }

    public static void MapFrontend(this WebApplication app)
    {
        app.UseConnectionClose();
        var options = app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value;
        if (options.TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders(ForwardedHeadersOptionsOf(options));
        }

        // Only now: routes go by the host that a trusted proxy tells.
        app.UseRouting();
        app.UseEdge();
        app.UseAdmission();
        app.UseRequestTimeouts();
        app.MapMounts();
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
