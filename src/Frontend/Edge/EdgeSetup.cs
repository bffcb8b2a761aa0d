using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Pomegranate.Configuration;
using Pomegranate.Management;

namespace Pomegranate.Frontend.Edge;

/// <summary>
/// What a frontend needs to stand at the edge, all of it ASP.NET Core's own: Kestrel's limits from configuration, access
/// log, compression, a health path. TLS needs nothing here: Kestrel reads its endpoints and certificates itself.
/// </summary>
internal static class EdgeSetup
{
    private const string HealthPathTag = "health-path";

    public static void AddEdge(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddValidatedOptions<EdgeOptions, EdgeOptionsValidator>(builder.Configuration, EdgeOptions.Section);
        services.AddHealthChecks().AddCheck<NodeHealth>("node", tags: [HealthPathTag]);
        services.AddAccessLog();
        services.AddCompression();
        builder.WebHost.ConfigureKestrel((context, kestrel) => KestrelLimits.Bind(context.Configuration, kestrel));
    }

    /// <summary>To be called after the trusted proxies' headers are read: the log and the compression go by the client's facts.</summary>
    public static void UseEdge(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<EdgeOptions>>().Value;
        Http3Notice.LogWhereMissing(app.Configuration, app.Logger);
        if (options.AccessLogDirectory is not null)
        {
            app.UseAccessLog();
        }

        if (options.CompressResponses)
        {
            app.UseResponseCompression();
        }

        if (options.HealthPath is { } path)
        {
            app.MapHealthChecks(path, new HealthCheckOptions { Predicate = check => check.Tags.Contains(HealthPathTag) });
        }
    }
}
