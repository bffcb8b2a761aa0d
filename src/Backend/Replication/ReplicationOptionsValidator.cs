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
        rules.Range(nameof(options.CommitTimeout), options.CommitTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        rules.Range(nameof(options.RecoveryTimeout), options.RecoveryTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        rules.Range(nameof(options.RemovalGrace), options.RemovalGrace, TimeSpan.FromMinutes(1), TimeSpan.FromDays(60));
        return rules.Result;
    }
}
