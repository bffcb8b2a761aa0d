using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Apps.Run;

/// <summary>The app's Program.cs, for either side.</summary>
internal static class AppHost
{
    /// <param name="settings">Null: without our line, on Kestrel.</param>
    /// <param name="configure">The tests' own: logs, time, ports.</param>
    public static WebApplication Build(
        TriedApp app, Gates gates, IEnumerable<KeyValuePair<string, string?>>? settings, Action<WebApplicationBuilder> configure)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(AppHost).Assembly.GetName().Name,
            EnvironmentName = "Production",
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddInMemoryCollection(app.Settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(gates);
        if (settings is not null)
        {
            builder.Configuration.AddInMemoryCollection(settings);
            configure(builder);
        }

        if (settings is not null && !app.IsLineLast)
        {
            builder.AddPomegranateBackend();
        }

        app.Services(builder);
        if (settings is not null && app.IsLineLast)
        {
            builder.AddPomegranateBackend();
        }

        if (settings is null)
        {
            configure(builder);
        }

        var host = builder.Build();
        app.Pipeline(host);
        app.Endpoints(host);
        foreach (var @case in app.Cases)
        {
            @case.Endpoints(host.MapGroup(@case.Path));
        }

        return host;
    }
}
