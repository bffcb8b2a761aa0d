using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sessions;
using Pomegranate.Clustering;

namespace Pomegranate.Backend.Hosting;

/// <summary>
/// Our options as the app's <see cref="SessionOptions"/>, before anything the app says: what it sets rules, what it leaves
/// open is ours. Then the other way round: its timeouts become ours.
/// </summary>
internal sealed class AppSessionOptions(
    IEnumerable<IConfigureOptions<ClusterSessionOptions>> sessions, IEnumerable<IConfigureOptions<ReplicationOptions>> replication, IOptions<NodeOptions> node)
    : IConfigureOptions<SessionOptions>
{
    /// <summary>What is configured under our names.</summary>
    public ClusterSessionOptions Ours { get; } = Configured(sessions);

    /// <summary>How long a commit may take where the app says nothing.</summary>
    public TimeSpan CommitTimeout { get; } = Configured(replication).CommitTimeout;

    public void Configure(SessionOptions options)
    {
        options.IdleTimeout = Ours.IdleTimeout;
        options.IOTimeout = CommitTimeout;
        options.Cookie.Name = Ours.CookieName is { Length: > 0 } name ? name : SessionCookieName.DefaultOf(node.Value.App);
        options.Cookie.Domain = Ours.CookieDomain;
        options.Cookie.Path = Ours.CookiePath;
        options.Cookie.SameSite = Ours.CookieSameSite;
        options.Cookie.SecurePolicy = Ours.CookieSecure;
    }

    /// <param name="services">After our own options, before or after the app's <c>AddSession</c>.</param>
    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<AppSessionOptions>();
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<SessionOptions>>(provider => provider.GetRequiredService<AppSessionOptions>()));
        services.AddSingleton<IValidateOptions<SessionOptions>, SessionOptionsValidator>();
        services.AddOptions<SessionOptions>().ValidateOnStart();
        services.AddOptions<ClusterSessionOptions>().PostConfigure<IServiceProvider>((ours, provider) => Take(provider, app => ours.IdleTimeout = app.IdleTimeout));
        services.AddOptions<ReplicationOptions>().PostConfigure<IServiceProvider>((ours, provider) => Take(provider, app =>
        {
            if (app.IOTimeout != ours.CommitTimeout)
            {
                ours.CommitTimeout = ours.RecoveryTimeout = app.IOTimeout;
            }
        }));
    }

    private static void Take(IServiceProvider provider, Action<SessionOptions> take)
    {
        try
        {
            take(provider.GetRequiredService<IOptions<SessionOptions>>().Value);
        }
        catch (OptionsValidationException)
        {
            // The start fails for it, with its own list of what is wrong: what is wrong of ours is to be told too.
        }
    }

    private static TOptions Configured<TOptions>(IEnumerable<IConfigureOptions<TOptions>> steps)
        where TOptions : class, new()
    {
        var options = new TOptions();
        foreach (var step in steps)
        {
            step.Configure(options);
        }

        return options;
    }
}
