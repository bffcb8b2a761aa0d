using Microsoft.Extensions.Options;
using Pomegranate.Configuration;

namespace Pomegranate.Backend.Server;

/// <summary>Checks <see cref="PomegranateServerOptions"/>; every violated rule is reported at once.</summary>
internal sealed class PomegranateServerOptionsValidator : IValidateOptions<PomegranateServerOptions>
{
    public ValidateOptionsResult Validate(string? name, PomegranateServerOptions options)
    {
        var rules = new OptionRules(PomegranateServerOptions.Section);
        rules.Range(nameof(options.InlineResponseBytes), options.InlineResponseBytes, 0, 1_000_000);
        rules.Range(nameof(options.SocketGrace), options.SocketGrace, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        rules.Range(nameof(options.MaxConcurrentRequests), options.MaxConcurrentRequests, 1, 1_000_000);
        rules.Range(nameof(options.MaxQueuedRequests), options.MaxQueuedRequests, 0, 1_000_000);
        rules.Range(nameof(options.QueueTimeout), options.QueueTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10));
        return rules.Result;
    }
}
