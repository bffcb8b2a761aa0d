using System.Net;
using System.Text;
using Pomegranate.Conformance.Cases;

namespace Pomegranate.Conformance.Wire;

/// <summary>Sends a case over HTTP/2 without TLS, known in advance.</summary>
internal sealed class Http2Client(int port, string name) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
    });

    public async Task<Outcome> RunAsync(Case @case)
    {
        var answers = new List<string>();
        var memory = new Memory();
        foreach (var step in @case.Steps.Cast<RequestStep>())
        {
            answers.Add(await Deadline.Of(RunAsync(memory, step.Request), $"{name}'s answer over HTTP/2"));
        }

        return new Outcome(answers, "HTTP/2");
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> RunAsync(Memory memory, Request request)
    {
        request = memory.FillIn(request);
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri($"http://127.0.0.1:{port}{request.Target}"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        message.Headers.Host = "shop.test";
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.Latin1.GetBytes(request.Body));
        }

        foreach (var header in request.Headers.Concat(memory.CookieHeader()))
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            var (headerName, value) = (header[..colon], header[(colon + 1)..].Trim(' '));
            if (headerName.Equals("Host", StringComparison.OrdinalIgnoreCase))
            {
                message.Headers.Host = value;
            }
            else if (!message.Headers.TryAddWithoutValidation(headerName, value))
            {
                message.Content ??= new ByteArrayContent([]);
                message.Content.Headers.TryAddWithoutValidation(headerName, value);
            }
        }

        try
        {
            using var response = await _http.SendAsync(message, CancellationToken.None);
            return await DescribeAsync(response, memory);
        }
        catch (HttpRequestException failure)
        {
            return $"(cut off: {Cause(failure)})";
        }
    }

    private static async Task<string> DescribeAsync(HttpResponseMessage response, Memory memory)
    {
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .SelectMany(header => header.Value.Select(value => (header.Key.ToLowerInvariant(), value)))
            .ToList();
        var length = headers.Find(header => header.Item1 == "content-length").value;
        headers.RemoveAll(header => header.Item1 == "content-length");
        var body = new MemoryStream();
        try
        {
            await response.Content.CopyToAsync(body);
        }
        catch (HttpRequestException failure)
        {
            // What had arrived by then is up to the system.
            return $"(cut off: {Cause(failure)})";
        }

        var answer = new Answer
        {
            StatusLine = $"HTTP/{response.Version} {(int)response.StatusCode}",
            Headers = headers,
            Body = body.ToArray(),
            Framing = FramingOf(length, body.Length),
            Trailers = [.. response.TrailingHeaders.NonValidated.SelectMany(h => h.Value.Select(v => (h.Key.ToLowerInvariant(), v)))],
        };
        memory.Keep(answer);
        return answer.Describe();
    }

    /// <summary>Of an empty body it is one and the same whether its length was told.</summary>
    private static string FramingOf(string? announced, long length) => announced switch
    {
        null or "0" when length == 0 => "none",
        null => "open",
        _ => announced == $"{length}" ? "by length" : $"content-length {announced}",
    };

    private static string Cause(HttpRequestException failure)
        => failure.InnerException is HttpProtocolException { ErrorCode: var code } ? $"stream reset with {code}" : $"{failure.HttpRequestError}";
}
