using System.Globalization;

namespace Pomegranate.Clustering;

/// <summary>A seed node as people write it: <c>host:port</c>, the port defaulting to 4053.</summary>
internal static class SeedAddress
{
    private const int DefaultPort = 4053;

    public static bool TryParse(string text, out string host, out int port)
    {
        host = text;
        port = DefaultPort;
        var colon = text.LastIndexOf(':');
        if (colon >= 0)
        {
            host = text[..colon];
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port))
            {
                return false;
            }
        }

        return Uri.CheckHostName(host) != UriHostNameType.Unknown && port is > 0 and <= 65535;
    }
}
