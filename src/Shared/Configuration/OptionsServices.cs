using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Pomegranate.Configuration;

/// <summary>Adds options classes.</summary>
internal static class OptionsServices
{
    /// <summary>Adds the options of a section, to be read and validated at start, before any other service is built.</summary>
    public static IServiceCollection AddValidatedOptions<TOptions, TValidator>(this IServiceCollection services, IConfiguration configuration, string section)
        where TOptions : class
        where TValidator : class, IValidateOptions<TOptions>
    {
        OptionsFirst.Register(services);
        services.AddSingleton(OptionKeys.Of<TOptions>(section));
        services.AddSingleton(provider => new ConfiguredOptions<TOptions>(configuration.GetSection(section), provider.GetServices<OptionKeys>()));
        services.AddSingleton<IConfigureOptions<TOptions>>(provider => provider.GetRequiredService<ConfiguredOptions<TOptions>>());
        services.AddSingleton<IValidateOptions<TOptions>>(provider => provider.GetRequiredService<ConfiguredOptions<TOptions>>());
        services.AddSingleton<IValidateOptions<TOptions>, TValidator>();
        services.AddOptions<TOptions>().ValidateOnStart();
        return services;
    }
}
