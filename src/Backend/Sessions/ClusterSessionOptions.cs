using Microsoft.AspNetCore.Http;

namespace Pomegranate.Backend.Sessions;

/// <summary>How sessions live and what they may weigh. Section <c>Pomegranate:Session</c>; read once, at start.</summary>
/// <remarks>
/// <see cref="IdleTimeout"/> and the cookie hold where the app's own <c>SessionOptions</c> (<c>AddSession(o =&gt; ...)</c>) say
/// nothing else.
/// </remarks>
public sealed class ClusterSessionOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pomegranate:Session";

    /// <summary>
    /// A session that no request has used for so long ends. 1 s to 366 days, default 20 min. The app's
    /// <c>SessionOptions.IdleTimeout</c> goes before it.
    /// </summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>
    /// The session cookie's name, where the app sets none. Default <c>.Pomegranate.Session</c>, with <c>.APP</c> after it for an
    /// app that has a name.
    /// </summary>
    public string? CookieName { get; set; }

    /// <summary>The session cookie's domain, where the app sets none. Default: the host the client asked for, and no other.</summary>
    public string? CookieDomain { get; set; }

    /// <summary>The session cookie's path, where the app sets none. Default <c>/</c>.</summary>
    public string CookiePath { get; set; } = "/";

    /// <summary>The session cookie's SameSite, where the app sets none. Default Lax.</summary>
    public SameSiteMode CookieSameSite { get; set; } = SameSiteMode.Lax;

    /// <summary>When the session cookie is Secure, where the app does not say. Default: when the request came over HTTPS.</summary>
    public CookieSecurePolicy CookieSecure { get; set; } = CookieSecurePolicy.SameAsRequest;

    /// <summary>
    /// The part of <see cref="IdleTimeout"/> after which a use is replicated though nothing changed. A failover can
    /// shorten the idle time by this part. 0.01 to 0.5, default 0.25.
    /// </summary>
    public double AccessReplicationFraction { get; set; } = 0.25;

    /// <summary>
    /// For so long after <c>RenewIdAsync</c> a request with the old id gets no new session, whose cookie would overwrite the renewed
    /// one's. 0 to 10 min, default 30 s.
    /// </summary>
    public TimeSpan RenewalGrace { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often sessions are looked through for expired ones. 1 s to 1 h, default 30 s.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>An unused session's actor is stopped after this time; its state stays in the replicas. 1 s to 1 h, default 2 min.</summary>
    public TimeSpan PassivateAfter { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long the same request may have the session's turn before requests with safe methods (GET, HEAD) wait for it no
    /// longer, and before it loses the turn to others if it is itself one. 1 ms to 1 min, default 200 ms.
    /// </summary>
    public TimeSpan TurnPatience { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a request waits for its turn at the session before it fails with 503. 1 s to 10 min, default 30 s.</summary>
    public TimeSpan TurnTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A turn held longer than this is logged as a warning with the endpoint's name. Default 1 s.</summary>
    public TimeSpan TurnWarning { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Requests of one session that use it at the same time: so many safe ones (GET, HEAD) and so many others. More of them queue
    /// in order. It bounds the threads that code reading the session synchronously can block. 1 to 1,000, default 16.
    /// </summary>
    public int MaxConcurrentRequests { get; set; } = 16;

    /// <summary>Requests of one session that may queue; over it 503. 0 to 100,000, default 1,000.</summary>
    public int MaxQueuedRequests { get; set; } = 1000;

    /// <summary>Bytes of one session, keys included. 1 KB to 4 MB, default 1 MB.</summary>
    public int MaxSessionBytes { get; set; } = 1_000_000;

    /// <summary>Bytes of one attribute's value. 1 to <see cref="MaxSessionBytes"/>, default 1 MB.</summary>
    public int MaxAttributeBytes { get; set; } = 1_000_000;

    /// <summary>
    /// Outcomes of exactly-once requests that a session remembers; an older one is forgotten, and its request would run
    /// again. <see cref="MaxConcurrentRequests"/> to 1,000, default 32.
    /// </summary>
    public int MaxOutcomes { get; set; } = 32;

    /// <summary>
    /// Bytes of the answers that a session keeps for exactly-once requests, headers included; the oldest go first, and
    /// of those only the fact that the request has run is left. On top of <see cref="MaxSessionBytes"/>. 0 to 1 MB, default 64 KiB.
    /// </summary>
    public int MaxOutcomeBytes { get; set; } = 64 * 1024;

    /// <summary>
    /// Whether a client's <c>Idempotency-Key</c> makes its POST or PATCH exactly-once, to whichever endpoint. Without it only to
    /// endpoints that say so (<see cref="IdempotentByKeyAttribute"/>), and the header is the app's otherwise. Default false.
    /// </summary>
    public bool IdempotencyKeys { get; set; }

    /// <summary>
    /// Paths whose requests are never run a second time, although their method would allow it, for what middleware answers:
    /// <c>/signin-oidc</c>, for example. Endpoints say so themselves (<see cref="NeverRepeatAttribute"/>). Default none.
    /// </summary>
    public IList<string> NeverRepeatPaths { get; } = [];

    /// <summary>Live sessions in the cluster, counted at each sweep; over it no new one is made (503). Default 2,000,000.</summary>
    public long MaxSessions { get; set; } = 2_000_000;
}
