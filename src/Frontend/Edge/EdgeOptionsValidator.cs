using Microsoft.Extensions.Options;
using Pomegranate.Configuration;

namespace Pomegranate.Frontend.Edge;

/// <summary>Checks <see cref="EdgeOptions"/>; every violated rule is reported at once.</summary>
internal sealed class EdgeOptionsValidator : IValidateOptions<EdgeOptions>
{
    public ValidateOptionsResult Validate(string? name, EdgeOptions options)
    {
        var rules = new OptionRules(EdgeOptions.Section);
        rules.Check(
            options.HealthPath is null || IsPath(options.HealthPath),
            nameof(options.HealthPath), options.HealthPath, "must be a path of letters, digits and - . _ ~ other than /, for example /healthz");
        rules.Check(
            options.AccessLogDirectory is not { } directory || !string.IsNullOrWhiteSpace(directory),
            nameof(options.AccessLogDirectory), options.AccessLogDirectory, "must be a directory, or not be set");
        rules.Check(
            options.ErrorPages is not { } pages || !string.IsNullOrWhiteSpace(pages),
            nameof(options.ErrorPages), options.ErrorPages, "must be a directory, or not be set");
        rules.Range(nameof(options.AccessLogFileBytes), options.AccessLogFileBytes, 1024, 1024 * 1024 * 1024);
        rules.Range(nameof(options.AccessLogFiles), options.AccessLogFiles, 1, 10_000);
        return rules.Result;
    }

    // Nothing that would mean more than itself in a route.
    private static bool IsPath(string path) =>
        path.Length > 1 && path[0] == '/' && path[^1] != '/' && !path.Contains("//", StringComparison.Ordinal)
        && path.All(c => char.IsAsciiLetterOrDigit(c) || "/-._~".Contains(c, StringComparison.Ordinal));
}
