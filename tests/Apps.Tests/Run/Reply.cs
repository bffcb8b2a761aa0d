using System.Net;
using System.Text;

namespace Pomegranate.Apps.Run;

/// <summary>One answer, read to its end.</summary>
internal sealed record Reply(HttpStatusCode Status, IReadOnlyList<(string Name, string Value)> Headers, byte[] Bytes)
{
    public string Body => Encoding.UTF8.GetString(Bytes);

    /// <summary>The values of a header, joined; empty for none.</summary>
    public string this[string header] =>
        string.Join(", ", Headers.Where(h => h.Name.Equals(header, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value));

    /// <summary>A cookie that it sets, with its attributes; empty for none.</summary>
    public string SetCookie(string name) => Headers.LastOrDefault(h =>
        h.Name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase) && h.Value.StartsWith(name + "=", StringComparison.Ordinal)).Value ?? "";

    public static async Task<Reply> ReadAsync(HttpResponseMessage response)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return new Reply(
            response.StatusCode,
            [.. response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated).SelectMany(h => h.Value.Select(value => (h.Key, value)))],
            bytes);
    }
}
