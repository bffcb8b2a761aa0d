using Pomegranate.Overload;

namespace Pomegranate.Backend.Server;

/// <summary>
/// The server's own limits. What an app may already have told Kestrel (request body size, synchronous IO, header
/// encoding) is read from Kestrel's options instead, so that it keeps its meaning here.
/// </summary>
internal sealed class PomegranateServerOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pomegranate:Backend";

    /// <summary>
    /// A response with a body up to so many bytes travels in one message; a longer one is streamed. 0 to 1,000,000,
    /// default 64 KiB.
    /// </summary>
    public int InlineResponseBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// How long WebSockets may live on when this backend stops; then their clients are told that it goes away (1001).
    /// 0 to 10 min, default 5 s. It counts in the host's shutdown timeout.
    /// </summary>
    public TimeSpan SocketGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Requests that the app runs at once on this node, of all sessions; more of them queue in order. One counts until
    /// its response is complete or has begun to stream, so feeds and WebSockets do not. 1 to 1,000,000, default 5,000.
    /// </summary>
    public int MaxConcurrentRequests { get; set; } = 5000;

    /// <summary>Requests that may queue; over it 503. 0 to 1,000,000, default 10,000.</summary>
    public int MaxQueuedRequests { get; set; } = 10_000;

    /// <summary>How long a request may queue; over it 503. 1 ms to 10 min, default 5 s.</summary>
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromSeconds(5);

    internal AdmissionLimits Limits => new(MaxConcurrentRequests, MaxQueuedRequests, QueueTimeout);
}
