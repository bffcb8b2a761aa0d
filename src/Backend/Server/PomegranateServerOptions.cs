namespace Pomegranate.Backend.Server;

/// <summary>
/// The server's own limits. What an app may already have told Kestrel (request body size, synchronous IO, header
/// encoding) is read from Kestrel's options instead, so that it keeps its meaning here.
/// </summary>
internal sealed class PomegranateServerOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pomegranate:Backend";

    /// <summary>The most bytes of body one response may have, as it is held in memory whole. Default: 1 MiB.</summary>
    public long MaxResponseBytes { get; set; } = 1024 * 1024;
}
