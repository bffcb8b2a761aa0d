using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pomegranate.Pbm;

/// <summary>Speaks to one node's management endpoint and turns every failure into a message and an exit code.</summary>
internal sealed class ManagementClient : IDisposable
{
    private readonly NodeEndpoint _node;
    private readonly HttpClient _http;

    public ManagementClient(NodeEndpoint node, TimeSpan timeout)
    {
        _node = node;

        // A proxy from the environment would be asked for a node that only we can reach.
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri($"http://{node}"),
            Timeout = timeout,
        };
    }

    public Task<JsonObject> GetAsync(string path, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Get, path, null, cancellation);

    public async Task<JsonObject> SendAsync(
        HttpMethod method, string path, (string Name, string Value)? field, CancellationToken cancellation)
    {
        var (status, text) = await ExchangeAsync(method, path, field, cancellation);
        var body = TryParse(text) ?? throw new PbmException(
            ExitCode.Refused,
            $"{_node} answered {(int)status} with something that is not a node's answer. Is it the management port (default {NodeEndpoint.Default.Port}), not the app's?");
        return (int)status < 400
            ? body
            : throw new PbmException(ExitCode.Refused, body["error"]?.ToString() ?? $"{_node} answered {(int)status}.");
    }

    /// <summary>The readiness report and whether it is good; unlike elsewhere, a 503 here is an answer.</summary>
    public async Task<(bool IsReady, JsonObject? Report)> GetReadinessAsync(CancellationToken cancellation)
    {
        var (status, text) = await ExchangeAsync(HttpMethod.Get, "/ready", null, cancellation);
        return (status == HttpStatusCode.OK, TryParse(text));
    }

    public void Dispose() => _http.Dispose();

    private async Task<(HttpStatusCode Status, string Text)> ExchangeAsync(
        HttpMethod method, string path, (string Name, string Value)? field, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        if (field is var (name, value))
        {
            request.Content = new FormUrlEncodedContent([new(name, value)]);
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellation);
            return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellation));
        }
        catch (HttpRequestException exception)
        {
            throw Unreachable($"Nothing answers at {_node}: {exception.InnerException?.Message ?? exception.Message}.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Unreachable(string.Create(
                CultureInfo.InvariantCulture,
                $"{_node} did not answer {method} {path} within {_http.Timeout.TotalSeconds} s (--timeout)."));
        }
    }

    private static PbmException Unreachable(string tried) => new(
        ExitCode.Unreachable,
        $"""
        {tried}
        Start the node, or name its management endpoint: pbm host:port ... (or {NodeEndpoint.Variable}=host:port).
        A node listens on its own loopback address unless told otherwise; in a container: docker compose exec lighthouse pbm cluster show
        """);

    private static JsonObject? TryParse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
