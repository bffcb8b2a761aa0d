using Pomegranate.Conformance.Cases;

namespace Pomegranate.Conformance.Wire;

/// <summary>What a client remembers from one request of a case to the next: cookies, and headers named X-Keep-….</summary>
internal sealed class Memory
{
    private readonly SortedDictionary<string, string> _cookies = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _kept = new(StringComparer.OrdinalIgnoreCase);

    public void Keep(Answer answer)
    {
        foreach (var (name, value) in answer.Headers)
        {
            if (name.StartsWith("x-keep-", StringComparison.Ordinal))
            {
                _kept[name] = value;
            }
            else if (name == "set-cookie")
            {
                var pair = value.Split(';')[0].Split('=', 2);
                if (value.Contains("expires=Thu, 01 Jan 1970", StringComparison.OrdinalIgnoreCase))
                {
                    _cookies.Remove(pair[0]);
                }
                else
                {
                    _cookies[pair[0]] = pair[1];
                }
            }
        }
    }

    public string[] CookieHeader() => _cookies.Count == 0 ? [] : ["Cookie: " + string.Join("; ", _cookies.Select(c => $"{c.Key}={c.Value}"))];

    public Request FillIn(Request request) => _kept.Count == 0 ? request : request with
    {
        Target = FillIn(request.Target),
        Headers = [.. request.Headers.Select(FillIn)],
        Body = request.Body is null ? null : FillIn(request.Body),
    };

    private string FillIn(string text)
        => _kept.Aggregate(text, (so, kept) => so.Replace($"{{{kept.Key}}}", kept.Value, StringComparison.OrdinalIgnoreCase));
}
