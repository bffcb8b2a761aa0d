using Microsoft.Extensions.Options;
using Pomegranate.Configuration;

namespace Pomegranate.Backend.Replication;

/// <summary>Checks <see cref="ReplicationOptions"/>; every violated rule is reported at once.</summary>
internal sealed class ReplicationOptionsValidator : IValidateOptions<ReplicationOptions>
{
    public ValidateOptionsResult Validate(string? name, ReplicationOptions options)
    {
        var rules = new OptionRules(ReplicationOptions.Section);
        rules.Check(Enum.IsDefined(options.Level), nameof(options.Level), options.Level, "must be Majority, All, Copies or Local");
        rules.Range(nameof(options.Copies), options.Copies, 1, 100);
        rules.Range(nameof(options.MinimumBackends), options.MinimumBackends, 1, 100);
        rules.Range(nameof(options.CommitTimeout), options.CommitTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        rules.Range(nameof(options.RecoveryTimeout), options.RecoveryTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        rules.Range(nameof(options.RemovalGrace), options.RemovalGrace, TimeSpan.FromMinutes(1), TimeSpan.FromDays(60));
        rules.Check(
            options.DurableDirectory is not { } directory || !string.IsNullOrWhiteSpace(directory),
            nameof(options.DurableDirectory), options.DurableDirectory, "must be a directory, or not be set");
        rules.Range(nameof(options.DurableMaxBytes), options.DurableMaxBytes, 1L << 20, 1L << 40);
        rules.Range(nameof(options.RestartPatience), options.RestartPatience, TimeSpan.Zero, TimeSpan.FromHours(1));
        return rules.Result;
    }
}
