using Microsoft.Extensions.Configuration.Json;

namespace Pomegranate.Frontend.Mounts;

/// <summary>
/// JSON settings that outlive a broken file: one that cannot be read when it has changed is reported, and what was read
/// before holds. ASP.NET Core's own would be empty from then on, and say nothing.
/// </summary>
internal sealed class SteadyJson(JsonConfigurationSource source, ConfigurationTrouble trouble) : JsonConfigurationProvider(source)
{
    private bool _wasRead;

    /// <summary>Makes all JSON files of the host steady.</summary>
    public static void Use(WebApplicationBuilder builder)
    {
        var trouble = new ConfigurationTrouble();
        builder.Services.AddSingleton(trouble);
        var sources = ((IConfigurationBuilder)builder.Configuration).Sources;
        for (var i = 0; i < sources.Count; i++)
        {
            if (sources[i] is JsonConfigurationSource { ReloadOnChange: true } json and not SteadySource)
            {
                sources[i] = new SteadySource(trouble)
                {
                    FileProvider = json.FileProvider,
                    Path = json.Path!,
                    Optional = json.Optional,
                    ReloadOnChange = true,
                    ReloadDelay = json.ReloadDelay,
                };
            }
        }
    }

    public override void Load(Stream stream)
    {
        try
        {
            base.Load(stream);
            _wasRead = true;
        }
        catch (FormatException failure) when (_wasRead)
        {
            trouble.Report(Source.Path!, failure);
        }
    }

    private sealed class SteadySource(ConfigurationTrouble trouble) : JsonConfigurationSource
    {
        public override IConfigurationProvider Build(IConfigurationBuilder builder)
        {
            EnsureDefaults(builder);
            return new SteadyJson(this, trouble);
        }
    }
}

/// <summary>Says what is wrong with a changed file, once there is a log to say it in.</summary>
internal sealed partial class ConfigurationTrouble
{
    public ILogger? Log { get; set; }

    public void Report(string file, Exception failure)
    {
        if (Log is not null)
        {
            Unreadable(Log, file, (failure.InnerException ?? failure).Message);
        }
    }

    [LoggerMessage(3013, LogLevel.Error, "{File} has changed but is not JSON: {Reason} What it said before holds until it is corrected.")]
    private static partial void Unreadable(ILogger logger, string file, string reason);
}
