namespace Pomegranate.Conformance.Cases;

/// <summary>One well-formed request. Its strings are bytes: one character, one byte (<see cref="Write.Utf8"/>).</summary>
/// <param name="Headers">As lines, "Name: value". Host and Content-Length are added where they are missing.</param>
internal sealed record Request(string Method, string Target, string[] Headers, string? Body = null)
{
    public string Version { get; init; } = "HTTP/1.1";

    /// <summary>The body is sent only once the server has said 100.</summary>
    public bool AwaitsContinue { get; init; }

    public bool Has(string name) => Headers.Any(header => header.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase));

    /// <summary>The request line and headers with the blank line.</summary>
    public string Head(IEnumerable<string> more)
    {
        var lines = new List<string> { $"{Method} {Target} {Version}" };
        if (!Has("Host"))
        {
            lines.Add("Host: shop.test");
        }

        lines.AddRange(Headers);
        if (Body is not null && !Has("Content-Length") && !Has("Transfer-Encoding"))
        {
            lines.Add($"Content-Length: {Body.Length}");
        }

        return string.Join("\r\n", [.. lines, .. more, "", ""]);
    }
}
