using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Pomegranate.Apps.Run;

/// <summary>
/// What a client of one side has seen, in words that are the same where the two sides are: what is random has a number
/// instead, the same for the same value, and framing is left out (that is compared by the conformance tests).
/// </summary>
internal sealed partial class Transcript
{
    private static readonly HashSet<string> NotCompared = new(StringComparer.OrdinalIgnoreCase)
    {
        "Date", "Server", "Age", "Transfer-Encoding", "Content-Length", "Connection", "Keep-Alive", "Trailer",
    };

    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, Dictionary<string, int>> _numbers = [];
    private readonly List<(string Find, string Put)> _secrets = [];

    /// <summary>From here on this text is written so, wherever it occurs.</summary>
    public void Replace(string text, string with)
    {
        if (text.Length > 0)
        {
            _secrets.Add((text, with));
        }
    }

    public void Add(string line) => _text.Append(CultureInfo.InvariantCulture, $"{Plain(line)}\n");

    public void Add(string request, Reply reply)
    {
        Add($"> {request}");
        Add($"{(int)reply.Status}");
        foreach (var (name, value) in reply.Headers.Where(h => !NotCompared.Contains(h.Name))
            .OrderBy(h => h.Name, StringComparer.OrdinalIgnoreCase).ThenBy(h => h.Value, StringComparer.Ordinal))
        {
            Add($"{name.ToLowerInvariant()}: {(name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase) ? PlainCookie(value) : value)}");
        }

        Add(reply.Bytes.Any(b => b is < 9 or > 13 and < 32)
            ? $"{reply.Bytes.Length} bytes {Convert.ToHexStringLower(SHA256.HashData(reply.Bytes).AsSpan(0, 8))}"
            : reply.Body);
    }

    public override string ToString() => _text.ToString();

    /// <summary>A cookie with its attributes; the value has a number, unless it is one that the app chose as plain text.</summary>
    private string PlainCookie(string cookie)
    {
        var parts = cookie.Split(';', 2);
        var equals = parts[0].IndexOf('=', StringComparison.Ordinal);
        var (name, value) = (parts[0][..equals], parts[0][(equals + 1)..]);
        var attributes = parts.Length > 1 ? ";" + Dates().Replace(parts[1], date => date.Value.Contains("1970", StringComparison.Ordinal) ? date.Value : "<date>") : "";
        return $"{name}={(value.Length < 20 ? value : Number(name, value))}{attributes}";
    }

    private string Plain(string line)
    {
        foreach (var (find, put) in _secrets)
        {
            line = line.Replace(find, put, StringComparison.Ordinal);
        }

        line = TraceIds().Replace(line, "\"traceId\":\"<trace>\"");
        line = Protected().Replace(line, "<protected>");
        return Guids().Replace(line, guid => Number("guid", guid.Value));
    }

    private string Number(string kind, string value)
    {
        if (!_numbers.TryGetValue(kind, out var numbers))
        {
            _numbers[kind] = numbers = [];
        }

        numbers.TryAdd(value, numbers.Count + 1);
        return $"<{kind} {numbers[value]}>";
    }

    [GeneratedRegex("[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")]
    private static partial Regex Guids();

    [GeneratedRegex("\"traceId\":\"[^\"]*\"")]
    private static partial Regex TraceIds();

    /// <summary>What data protection makes.</summary>
    [GeneratedRegex("CfDJ8[A-Za-z0-9_-]+")]
    private static partial Regex Protected();

    [GeneratedRegex("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT")]
    private static partial Regex Dates();
}
