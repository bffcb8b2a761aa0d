using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// The endpoint that routing has chosen for a request, and what it says of the session: how the request gets at it, and
/// whether it is exactly-once. A struct, to be a field and nothing else: every request has one.
/// </summary>
internal struct RequestEndpoint(IFeatureCollection? features)
{
    private Endpoint? _chosen;

    /// <summary>Null before the request is attached to the server's features.</summary>
    public IFeatureCollection? Features { get; } = features;

    /// <summary>
    /// Error pages run the pipeline again and have endpoints of their own: what the first one said of the request stays.
    /// </summary>
    public Endpoint? Chosen
    {
        readonly get => _chosen;
        set
        {
            _chosen = value;
            IsExactlyOnce |= value.IsExactlyOnce(Features?.Get<IHttpRequestFeature>()?.Method ?? "");
            HeedsKeys |= value.HeedsKeys();
            IsNeverRepeated |= value.IsNeverRepeated();
        }
    }

    /// <summary>By the app's word.</summary>
    public bool IsExactlyOnce { get; private set; }

    /// <summary>Whether it heeds an <c>Idempotency-Key</c>.</summary>
    public bool HeedsKeys { get; private set; }

    /// <summary>Whether its requests never run twice.</summary>
    public bool IsNeverRepeated { get; private set; }

    public readonly SessionAccess Access => InForce?.Metadata.GetMetadata<SessionAccessAttribute>()?.Access ?? SessionAccess.Exclusive;

    /// <summary>For messages.</summary>
    public readonly string Name => InForce?.DisplayName ?? Features?.Get<IHttpRequestFeature>()?.Path ?? "(no endpoint)";

    /// <summary>The app may have put a feature of its own before ours.</summary>
    private readonly Endpoint? InForce => Features?.Get<IEndpointFeature>()?.Endpoint;

    /// <summary>Forgets what a trial has found.</summary>
    public void Forget()
    {
        _chosen = null;
        IsExactlyOnce = false;
        HeedsKeys = false;
        IsNeverRepeated = false;
    }
}
