using System.Net;
using Microsoft.Extensions.Options;
using Pomegranate.Configuration;

namespace Pomegranate.Frontend.Gateway;

/// <summary>Checks <see cref="GatewayOptions"/>; every violated rule is reported at once.</summary>
internal sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options) => Check(GatewayOptions.Section, options);

    /// <summary>The same rules for one app's section.</summary>
    public static ValidateOptionsResult Check(string section, GatewayOptions options)
    {
        var rules = new OptionRules(section);
        var second = TimeSpan.FromSeconds(1);
        rules.Range(nameof(options.InlineRequestBytes), options.InlineRequestBytes, 0, 1_000_000);
        rules.Check(options.MaxRequestBodyBytes is null or >= 0, nameof(options.MaxRequestBodyBytes), options.MaxRequestBodyBytes, "must not be negative");
        rules.Range(nameof(options.MaxAppHeaderBytes), options.MaxAppHeaderBytes, 0, 1_000_000);
        rules.Check(
            options.MaxAppRequests is null or (>= 1 and <= 1_000_000),
            nameof(options.MaxAppRequests), options.MaxAppRequests, "must be between 1 and 1000000, or left out");
        rules.Check(options.HttpsPort is null or (>= 0 and <= 65535), nameof(options.HttpsPort), options.HttpsPort, "must be between 0 and 65535, or left out");
        rules.Range(nameof(options.StreamPort), options.StreamPort, 0, 65535);
        if (options.RequestTimeout is { } timeout)
        {
            rules.Range(nameof(options.RequestTimeout), timeout, second, TimeSpan.FromDays(7));
        }

        rules.Range(nameof(options.FailoverDeadline), options.FailoverDeadline, second, TimeSpan.FromMinutes(2));
        rules.Range(nameof(options.MaxConcurrentRequests), options.MaxConcurrentRequests, 1, 1_000_000);
        rules.Range(nameof(options.MaxQueuedRequests), options.MaxQueuedRequests, 0, 1_000_000);
        rules.Range(nameof(options.QueueTimeout), options.QueueTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10));
        rules.Range(nameof(options.RetryAfter), options.RetryAfter, second, TimeSpan.FromHours(1));
        rules.Range(nameof(options.DrainDelay), options.DrainDelay, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        rules.Range(nameof(options.CloseDelay), options.CloseDelay, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        foreach (var network in options.TrustedProxies)
        {
            rules.Check(IPNetwork.TryParse(network, out _), nameof(options.TrustedProxies), network, "must be a network such as 10.0.0.0/8");
        }

        return rules.Result;
    }
}
