using System.Text;

namespace Pomegranate.Conformance.Cases;

/// <summary>The words that cases are written in.</summary>
internal static class Write
{
    public static Case Get(string target, params string[] headers) => Send($"GET {target}", headers);

    public static Case Head(string target, params string[] headers) => Send($"HEAD {target}", headers);

    public static Case Post(string target, string contentType, string body, params string[] headers)
        => Of(new Request("POST", target, [$"Content-Type: {contentType}", .. headers], body));

    public static Case Form(string target, string body, params string[] headers)
        => Post(target, "application/x-www-form-urlencoded", body, headers);

    public static Case Multipart(string target, string body, params string[] headers)
        => Post(target, "multipart/form-data; boundary=B", body.ReplaceLineEndings("\r\n"), headers);

    /// <param name="line">Method and target.</param>
    public static Case Send(string line, params string[] headers) => SendBody(line, null, headers);

    /// <param name="line">Method and target.</param>
    public static Case SendBody(string line, string? body, params string[] headers)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);

        // Whether an empty body over HTTP/2 was announced depends on which frame Kestrel has read by then.
        return Of(new Request(line[..space], line[(space + 1)..], headers, body)) with { AlsoOverHttp2 = body != "" };
    }

    /// <summary>A request whose body the client keeps back until it is told to go on.</summary>
    public static Case Expect(string target, string body, params string[] headers)
        => Of(new Request("POST", target, ["Expect: 100-continue", .. headers], body) { AwaitsContinue = true }) with { AlsoOverHttp2 = false };

    /// <summary>HTTP/1.0.</summary>
    public static Case Old(string line, string? body = null, params string[] headers)
    {
        var request = ((RequestStep)SendBody(line, body, headers).Steps[0]).Request with { Version = "HTTP/1.0" };
        return Of(request) with { AlsoOverHttp2 = false };
    }

    /// <summary>Bytes that need not be a request; "\n" alone stays alone.</summary>
    public static Case Raw(string bytes) => OfRaw(new RawStep(bytes, [MethodOf(bytes)]));

    /// <summary>A request that is cut off by the client's end.</summary>
    public static Case CutOff(string bytes) => OfRaw(new RawStep(bytes, [MethodOf(bytes)], ThenEnd: true)) with { Name = Short(bytes) + " (cut off)" };

    /// <summary>One request line after the other in one write, without waiting.</summary>
    public static Case Pipelined(params string[] requests)
        => OfRaw(new RawStep(string.Concat(requests), [.. requests.Select(MethodOf)]));

    /// <summary>Requests of one client, which keeps cookies, and in whose later requests {X-Keep-…} is what an earlier answer's header said.</summary>
    public static Case Scenario(string name, params Case[] requests) => new(name, [.. requests.SelectMany(request => request.Steps)]);

    /// <summary>Text as bytes.</summary>
    public static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes that compress badly and whose order can be told.</summary>
    public static string Bytes(int count) => string.Create(count, 0, static (span, _) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = (char)('a' + ((i * 7) + (i / 251)) % 26);
        }
    });

    private static Case Of(Request request)
    {
        string[] parts =
        [
            $"{request.Method} {request.Target}{(request.Version == "HTTP/1.1" ? "" : " " + request.Version)}",
            .. request.Headers, request.AwaitsContinue ? "(waits)" : "", request.Body ?? "",
        ];
        return new Case(Short(string.Join(" | ", parts.Where(part => part.Length > 0))), new RequestStep(request));
    }

    private static Case OfRaw(RawStep step) => new(Short(step.Bytes), step) { AlsoOverHttp2 = false };

    private static string MethodOf(string bytes) => bytes.Split(' ', 2)[0];

    private static string Short(string text)
    {
        var visible = string.Concat(text.Select(c => c switch
        {
            '\r' => "\\r",
            '\n' => "\\n",
            < ' ' or > '~' => $"\\x{(int)c:x2}",
            _ => c.ToString(),
        }));
        return visible.Length <= 150 ? visible : $"{visible[..120]}... ({text.Length} bytes)";
    }
}
