using System.Net;
using Microsoft.Extensions.Options;
using Pomegranate.Configuration;

namespace Pomegranate.Management;

/// <summary>Checks <see cref="ManagementOptions"/>; every violated rule is reported at once.</summary>
internal sealed class ManagementOptionsValidator : IValidateOptions<ManagementOptions>
{
    public ValidateOptionsResult Validate(string? name, ManagementOptions options)
    {
        var rules = new OptionRules(ManagementOptions.Section);

        // A name may stand for several addresses, some of them open to the world: an address says what is opened.
        rules.Check(
            options.Host == "localhost" || IPAddress.TryParse(options.Host, out _),
            nameof(options.Host), options.Host, "must be an IP address of this machine, 0.0.0.0 for all of them, or localhost");
        rules.Range(nameof(options.Port), options.Port, 0, 65535);
        return rules.Result;
    }
}
