using Microsoft.Extensions.Options;
using Pomegranate.Clustering;

namespace Pomegranate.Backend.Server;

/// <summary>Checks <see cref="PomegranateServerOptions"/>; every violated rule is reported at once.</summary>
internal sealed class PomegranateServerOptionsValidator : IValidateOptions<PomegranateServerOptions>
{
    public ValidateOptionsResult Validate(string? name, PomegranateServerOptions options)
    {
        var rules = new OptionRules(PomegranateServerOptions.Section);

        // The response travels in one message, and the frame size is 8 MB.
        rules.Range(nameof(options.MaxResponseBytes), options.MaxResponseBytes, 1024, 6_000_000);
        return rules.Result;
    }
}
