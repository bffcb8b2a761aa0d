using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>An HTTPS request on a connection of its own: what was negotiated, and with which certificate.</summary>
internal static class TlsClient
{
    public sealed record Seen(HttpStatusCode Status, Version Version, string Certificate, string[] SetCookies, HttpResponseHeaders Headers);

    public static async Task<Seen> GetAsync(Uri address, Version version)
    {
        var certificate = "";
        using var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, errors) =>
        {
            certificate = shown!.GetCertHashString();

            // Nobody signed it but itself; its name must be right.
            return errors == SslPolicyErrors.RemoteCertificateChainErrors;
        };
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
        using var request = new HttpRequestMessage(HttpMethod.Get, address) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await http.SendAsync(request);
        return new(
            response.StatusCode, response.Version, certificate,
            response.Headers.TryGetValues("Set-Cookie", out var cookies) ? [.. cookies] : [], response.Headers);
    }

    /// <summary>
    /// The certificate new connections are given; empty while Kestrel has the port closed to change it, and where it closed the
    /// connection before it had said anything (then there is no inner exception).
    /// </summary>
    public static async Task<string> CertificateAsync(Uri address)
    {
        try
        {
            return (await GetAsync(address, HttpVersion.Version20)).Certificate;
        }
        catch (HttpRequestException exception) when (exception.InnerException is null or SocketException or IOException)
        {
            return "";
        }
    }
}
