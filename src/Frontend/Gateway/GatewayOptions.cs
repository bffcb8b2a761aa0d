using Microsoft.AspNetCore.Http;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// How a frontend treats requests. Section <c>Pomegranate:Gateway</c>; read once, at start. Section
/// <c>Pomegranate:Apps:NAME</c> says for one app what differs; see <see cref="Mounts.AppSettings"/>.
/// </summary>
public sealed class GatewayOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pomegranate:Gateway";

    /// <summary>
    /// A body up to so many bytes travels in the request's message and can be sent again after a failover; a longer one
    /// is streamed. 0 to 1,000,000, default 64 KiB.
    /// </summary>
    public int InlineRequestBytes { get; set; } = 64 * 1024;

    /// <summary>Bytes of one request's body; over it 413. Default: no limit here, the app has its own (30 MB).</summary>
    public long? MaxRequestBodyBytes { get; set; }

    /// <summary>
    /// Up to how many bytes apps may raise Kestrel's limits of request line, of one header and of all headers, by what they
    /// have told their own Kestrel; of their number up to a 32nd. 0: not at all. 0 to 1,000,000, default 256 KiB.
    /// </summary>
    public int MaxAppHeaderBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// Requests that this frontend has in progress for one app, from their head to the end of their answer, WebSockets
    /// too; over it 503. 1 to 1,000,000; default: no limit.
    /// </summary>
    public int? MaxAppRequests { get; set; }

    /// <summary>The TCP port to which backends stream what does not fit a message; 0, the default, lets the system choose.</summary>
    public int StreamPort { get; set; }

    /// <summary>
    /// The port where clients find this site over HTTPS, which apps' <c>UseHttpsRedirection</c> goes by. 0 to 65535; 0 says
    /// that there is none. Default: this frontend's own HTTPS port, where it has exactly one.
    /// </summary>
    public int? HttpsPort { get; set; }

    /// <summary>
    /// How long an answer may take to begin, from the end of the request's body or its last progress; over it 504 and
    /// the app is told to stop. 1 s to 7 days. Default: no limit here, as on Kestrel; the app has its own
    /// (<c>UseRequestTimeouts</c>, per endpoint).
    /// </summary>
    public TimeSpan? RequestTimeout { get; set; }

    /// <summary>
    /// How long a request whose node has died is held and sent again, until its session has a new home; over it 503.
    /// 1 s to 2 min, default 10 s.
    /// </summary>
    public TimeSpan FailoverDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Requests in flight at this frontend whose answer has not begun, those held during a failover among them; more of
    /// them queue in order. Feeds and WebSockets count until they have begun. 1 to 1,000,000, default 10,000.
    /// </summary>
    public int MaxConcurrentRequests { get; set; } = 10_000;

    /// <summary>Requests that may queue; over it 503 at once. 0 to 1,000,000, default 1,000.</summary>
    public int MaxQueuedRequests { get; set; } = 1000;

    /// <summary>How long a request may queue; over it 503. 1 ms to 10 min, default 1 s.</summary>
    public TimeSpan QueueTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What <c>Retry-After</c> says on a 503. 1 s to 1 h, default 1 s.</summary>
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a frontend that is told to stop goes on serving while it already answers "not ready". 0 to 5 min, default 0.</summary>
    public TimeSpan DrainDelay { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// How long a frontend that stops, and takes no more connections, goes on serving those it has before it closes the
    /// idle ones: every answer tells the client to close. 0 to 5 min, default 500 ms.
    /// </summary>
    public TimeSpan CloseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Networks (CIDR) of proxies before this frontend whose <c>X-Forwarded-*</c> headers are believed. Default: none,
    /// and what clients send of these headers is replaced.
    /// </summary>
    public IList<string> TrustedProxies { get; } = [];
}
