using Microsoft.Extensions.Options;
using Pomegranate.Configuration;

namespace Pomegranate.Clustering;

/// <summary>Checks <see cref="NodeOptions"/>; every violated rule is reported at once.</summary>
internal sealed class NodeOptionsValidator : IValidateOptions<NodeOptions>
{
    public ValidateOptionsResult Validate(string? name, NodeOptions options)
    {
        var rules = new OptionRules(NodeOptions.Section);
        rules.Check(
            options.Name.Length > 0 && options.Name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && options.Name[0] != '-',
            nameof(options.Name), options.Name, "must be letters, digits and hyphens, and not begin with a hyphen");
        rules.Check(options.NodeName.Length > 0, nameof(options.NodeName), options.NodeName, "must not be empty");
        rules.Check(options.Hostname.Length > 0, nameof(options.Hostname), options.Hostname, "must be an address or a name");
        rules.Range(nameof(options.Port), options.Port, 0, 65535);
        rules.Range(nameof(options.LivenessPort), options.LivenessPort, 0, 65535);
        rules.Range(nameof(options.LanePort), options.LanePort, 0, 65535);
        rules.Check(AppName.IsValid(options.App), nameof(options.App), options.App, AppName.Rule);
        rules.Range(nameof(options.Weight), options.Weight, 1, 100);
        rules.Range(nameof(options.Shards), options.Shards, 1, 10_000);
        rules.Range(nameof(options.AcceptableHeartbeatPause), options.AcceptableHeartbeatPause, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        rules.Range(nameof(options.SplitBrainStableAfter), options.SplitBrainStableAfter, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        rules.Check(options.Seeds.Count > 0, nameof(options.Seeds), "(none)", "must name at least one node to join through, for example lighthouse:4053");
        foreach (var seed in options.Seeds)
        {
            rules.Check(SeedAddress.TryParse(seed, out _, out _), nameof(options.Seeds), seed, "must be host:port, for example lighthouse:4053");
        }

        return rules.Result;
    }
}
