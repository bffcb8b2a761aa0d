using Microsoft.Extensions.Options;
using Pomegranate.Clustering;
using Pomegranate.Configuration;

namespace Pomegranate.Backend.Sessions;

/// <summary>Checks <see cref="ClusterSessionOptions"/>; every violated rule is reported at once.</summary>
internal sealed class ClusterSessionOptionsValidator : IValidateOptions<ClusterSessionOptions>
{
    public static readonly TimeSpan LongestIdleTimeout = TimeSpan.FromDays(366);

    public ValidateOptionsResult Validate(string? name, ClusterSessionOptions options)
    {
        var rules = new OptionRules(ClusterSessionOptions.Section);
        var second = TimeSpan.FromSeconds(1);
        rules.Range(nameof(options.IdleTimeout), options.IdleTimeout, second, LongestIdleTimeout);
        rules.Check(
            string.IsNullOrEmpty(options.CookieName) || SessionCookieName.IsValid(options.CookieName),
            nameof(options.CookieName), options.CookieName, SessionCookieName.Rule);
        rules.Check(options.CookiePath.StartsWith('/'), nameof(options.CookiePath), options.CookiePath, "must begin with /");
        rules.Range(nameof(options.AccessReplicationFraction), options.AccessReplicationFraction, 0.01, 0.5);
        rules.Range(nameof(options.RenewalGrace), options.RenewalGrace, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        rules.Range(nameof(options.SweepInterval), options.SweepInterval, second, TimeSpan.FromHours(1));
        rules.Range(nameof(options.PassivateAfter), options.PassivateAfter, second, TimeSpan.FromHours(1));
        rules.Range(nameof(options.TurnPatience), options.TurnPatience, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1));
        rules.Range(nameof(options.TurnTimeout), options.TurnTimeout, second, TimeSpan.FromMinutes(10));
        rules.Range(nameof(options.TurnWarning), options.TurnWarning, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10));
        rules.Range(nameof(options.MaxConcurrentRequests), options.MaxConcurrentRequests, 1, 1000);
        rules.Range(nameof(options.MaxQueuedRequests), options.MaxQueuedRequests, 0, 100_000);
        rules.Range(nameof(options.MaxSessionBytes), options.MaxSessionBytes, 1000, 4_000_000);
        rules.Check(
            options.MaxOutcomes >= options.MaxConcurrentRequests && options.MaxOutcomes <= 1000,
            nameof(options.MaxOutcomes), options.MaxOutcomes,
            $"must be between {nameof(options.MaxConcurrentRequests)} ({options.MaxConcurrentRequests}), whose outcomes must not push each other out, and 1000");
        foreach (var path in options.NeverRepeatPaths)
        {
            rules.Check(path.StartsWith('/'), nameof(options.NeverRepeatPaths), path, "must begin with /");
        }

        rules.Range(nameof(options.MaxOutcomeBytes), options.MaxOutcomeBytes, 0, 1_000_000);
        rules.Range(nameof(options.MaxSessions), options.MaxSessions, 1, long.MaxValue);
        rules.Check(
            options.MaxAttributeBytes >= 1 && options.MaxAttributeBytes <= options.MaxSessionBytes,
            nameof(options.MaxAttributeBytes), options.MaxAttributeBytes,
            $"must be between 1 and {nameof(options.MaxSessionBytes)} ({options.MaxSessionBytes})");
        return rules.Result;
    }
}
