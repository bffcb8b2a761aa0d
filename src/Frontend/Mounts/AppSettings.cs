using Pomegranate.Clustering;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Mounts;

/// <summary>
/// What holds for each app: section <c>Pomegranate:Apps:NAME</c> over section <c>Pomegranate:Gateway</c>. An app is known
/// by having a section here; <c>default</c> needs none. Read at start and whenever the configuration changes.
/// </summary>
internal static class AppSettings
{
    public const string Section = "Pomegranate:Apps";

    /// <summary>What an app can have of its own; the rest of <see cref="GatewayOptions"/> is the frontend's.</summary>
    private static readonly HashSet<string> Own = new(StringComparer.OrdinalIgnoreCase)
    {
        nameof(GatewayOptions.RequestTimeout), nameof(GatewayOptions.FailoverDeadline), nameof(GatewayOptions.RetryAfter),
        nameof(GatewayOptions.MaxRequestBodyBytes), nameof(GatewayOptions.MaxAppRequests),
    };

    /// <summary>The key that sets this for the app, for messages.</summary>
    public static string Named(string app, string key) => $"{(app == AppName.Default ? GatewayOptions.Section : $"{Section}:{app}")}:{key}";

    /// <summary>Every app by its name; what is wrong is added to the errors.</summary>
    public static IReadOnlyDictionary<string, GatewayOptions> Read(IConfiguration configuration, ICollection<string> errors)
    {
        var apps = new Dictionary<string, GatewayOptions>(StringComparer.OrdinalIgnoreCase);
        string[] named = [.. configuration.GetSection(Section).GetChildren().Select(app => app.Key)];
        foreach (var app in named.Append(AppName.Default).Distinct(StringComparer.Ordinal))
        {
            if (!AppName.IsValid(app))
            {
                errors.Add($"{Section}:{app}: '{app}' is no app's name, which {AppName.Rule}.");
            }
            else if (Read(configuration, app, errors) is { } options)
            {
                apps[app] = options;
            }
        }

        return apps;
    }

    private static GatewayOptions? Read(IConfiguration configuration, string app, ICollection<string> errors)
    {
        var section = configuration.GetSection($"{Section}:{app}");
        foreach (var key in section.GetChildren().Select(child => child.Key).Where(key => !Own.Contains(key)))
        {
            errors.Add($"{section.Path}:{key} is set but an app has no such option of its own. It has {string.Join(", ", Own)}.");
        }

        try
        {
            var options = configuration.GetSection(GatewayOptions.Section).Get<GatewayOptions>() ?? new GatewayOptions();
            section.Bind(options);
            var result = GatewayOptionsValidator.Check(section.Exists() ? section.Path : GatewayOptions.Section, options);
            foreach (var failure in result.Failures ?? [])
            {
                errors.Add(failure);
            }

            return options;
        }
        catch (InvalidOperationException unreadable)
        {
            errors.Add(unreadable.Message);
            return null;
        }
    }
}
