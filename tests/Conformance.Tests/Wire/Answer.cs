using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Pomegranate.Conformance.Wire;

/// <summary>One response as a client can tell it.</summary>
internal sealed partial record Answer
{
    public required string StatusLine { get; init; }

    public required List<(string Name, string Value)> Headers { get; init; }

    public byte[] Body { get; init; } = [];

    public List<(string Name, string Value)> Trailers { get; init; } = [];

    /// <summary>How the end of the body was told; "by length" where the length is the body's, a number where it is not.</summary>
    public required string Framing { get; init; }

    /// <summary>The connection ended before the message did.</summary>
    public bool IsCut { get; init; }

    public string? Header(string name) => Headers.Find(header => header.Name == name).Value;

    /// <summary>The whole answer as text: what may differ between any two runs is made equal.</summary>
    public string Describe()
    {
        var text = new StringBuilder().Append(StatusLine).Append('\n').Append("framing: ").Append(Framing).Append('\n');
        foreach (var (name, value) in Headers.OrderBy(header => header.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {Settle(name, value)}\n");
        }

        text.Append(IsCut ? "body, then cut off:\n" : "body:\n").Append(BodyText()).Append('\n');

        foreach (var (name, value) in Trailers)
        {
            text.Append(CultureInfo.InvariantCulture, $"trailer {name}: {value}\n");
        }

        return text.ToString().TrimEnd('\n');
    }

    private static string Settle(string name, string value) => name switch
    {
        "date" => "(a date)",
        "age" when value is [>= '0' and <= '9'] => "(seconds)",
        "set-cookie" => OpaqueCookie().Replace(value, "$1(opaque)"),
        _ when name.StartsWith("x-keep-", StringComparison.Ordinal) => "(kept)",
        _ => value,
    };

    private string BodyText()
    {
        if (Body.Length > 8192)
        {
            return $"sha256 {Convert.ToHexString(SHA256.HashData(Body))}";
        }

        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Body);
            if (!text.Any(c => char.IsControl(c) && c is not ('\r' or '\n' or '\t')))
            {
                return TraceId().Replace(text.Replace("\r", "\\r", StringComparison.Ordinal), "\"traceId\":\"(some)\"");
            }
        }
        catch (DecoderFallbackException)
        {
            // Not text.
        }

        return "base64 " + Convert.ToBase64String(Body);
    }

    /// <summary>What ASP.NET Core or the session has encrypted or drawn.</summary>
    [GeneratedRegex(@"^(\.(?:AspNetCore|Pomegranate)\.[^=]+=)[^;]+")]
    private static partial Regex OpaqueCookie();

    [GeneratedRegex("\"traceId\":\"[^\"]+\"")]
    private static partial Regex TraceId();
}

/// <summary>What came back for a case.</summary>
/// <param name="Answers">Each described.</param>
/// <param name="End">What became of the connection.</param>
internal sealed record Outcome(IReadOnlyList<string> Answers, string End)
{
    public override string ToString() => string.Join("\n", [.. Answers, "end: " + End]);
}
