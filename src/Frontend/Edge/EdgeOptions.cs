using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Edge;

/// <summary>
/// What a frontend does where there is no other edge before it. Section <c>Pomegranate:Gateway</c>, beside
/// <see cref="GatewayOptions"/>; read once, at start.
/// </summary>
public sealed class EdgeOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = GatewayOptions.Section;

    /// <summary>
    /// A path on the HTTP port that answers 200 when this frontend is ready and 503 when it is not, and no longer belongs
    /// to the app. Default: none.
    /// </summary>
    public string? HealthPath { get; set; }

    /// <summary>
    /// A directory with pages for the answers that the frontend gives itself: <c>503.html</c>, <c>504.html</c> and so on, and
    /// <c>error.html</c> for all others; relative to the content root. They go to clients that ask for HTML. Default: none.
    /// </summary>
    public string? ErrorPages { get; set; }

    /// <summary>
    /// Whether texts that the app did not compress itself are compressed, over HTTPS too: read about BREACH in the
    /// operations guide. Default false.
    /// </summary>
    public bool CompressResponses { get; set; }

    /// <summary>Where access logs are written, in the W3C's extended form; relative to the content root. Default: none are.</summary>
    public string? AccessLogDirectory { get; set; }

    /// <summary>Bytes after which a new access log is begun. 1,024 to 1 GiB, default 10 MiB.</summary>
    public int AccessLogFileBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>How many access logs are kept; the oldest is deleted. 1 to 10,000, default 10.</summary>
    public int AccessLogFiles { get; set; } = 10;
}
