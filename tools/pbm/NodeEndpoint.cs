using System.Globalization;

namespace Pomegranate.Pbm;

/// <summary>Where a node's management endpoint listens: <c>host:port</c>.</summary>
internal sealed record NodeEndpoint(string Host, int Port)
{
    public const string Variable = "PBM_ENDPOINT";

    private const int DefaultPort = 9110;

    public static readonly NodeEndpoint Default = new("127.0.0.1", DefaultPort);

    /// <param name="source">Where the text comes from, for the message.</param>
    /// <exception cref="PbmException">It is not <c>host:port</c>.</exception>
    public static NodeEndpoint Parse(string text, string source)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and <= 65535
            && Uri.CheckHostName(text[..colon]) != UriHostNameType.Unknown
                ? new NodeEndpoint(text[..colon], port)
                : throw new PbmException(
                    ExitCode.Usage,
                    $"{source} is '{text}', but must be host:port of a node's management endpoint, for example 127.0.0.1:{DefaultPort} or [::1]:{DefaultPort}.");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
