namespace Pomegranate.Http;

/// <summary>
/// What a frontend tells of a request beyond what is in it. It also says that the frontend is of a build that takes
/// header values as their bytes, one character for each, and the frames of a stream that came with it.
/// </summary>
internal sealed record ConnectionFacts
{
    /// <summary>From which wire revision on a node takes them.</summary>
    public const int WireRevision = 3;

    /// <summary>What a trusted proxy has taken from the path (<c>X-Forwarded-Prefix</c>): part of the <c>PathBase</c>. Empty for none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The port where clients find this frontend over HTTPS; 0 for none.</summary>
    public int HttpsPort { get; init; }

    /// <summary>Null for a connection without TLS.</summary>
    public TlsFacts? Tls { get; init; }
}
