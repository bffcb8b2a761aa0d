using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Pomegranate.EndToEnd.Tests.Templates;

/// <summary>A person with a browser who walks through an app; each page is noted, without what is another each time.</summary>
internal sealed partial class TemplateVisitor : IDisposable
{
    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly StringBuilder _seen = new();

    public TemplateVisitor(Uri address)
    {
        _address = address;
        _http = new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer(), UseProxy = false }) { BaseAddress = address };
    }

    /// <summary>Nobody else's, as all sides share the app's database.</summary>
    public string Email { get; } = $"{Guid.NewGuid():N}@orchard.test";

    /// <summary>All pages seen so far.</summary>
    public string Seen => _seen.ToString();

    /// <summary>The page at the end of all redirects.</summary>
    public async Task<string> GetAsync(string path) => await NoteAsync($"GET {path}", await _http.GetAsync(new Uri(path, UriKind.Relative)));

    /// <summary>A page whose address holds a secret.</summary>
    public async Task<string> FollowAsync(string what, string link) => await NoteAsync(what, await _http.GetAsync(new Uri(_address, link)));

    /// <summary>Posts a form of a page, with its token.</summary>
    public async Task<string> PostAsync(string path, string page, params (string Name, string Value)[] fields)
    {
        var token = TokenPattern().Match(page).Groups[1].Value;
        Assert.True(token.Length > 0, $"No form with a token in {page}");
        using var content = new FormUrlEncodedContent(
            fields.Append(("__RequestVerificationToken", token)).Select(field => KeyValuePair.Create(field.Item1, field.Item2)));
        return await NoteAsync($"POST {path}", await _http.PostAsync(new Uri(path, UriKind.Relative), content));
    }

    /// <summary>The link whose address has this text in it.</summary>
    public static string LinkWith(string text, string page)
    {
        var link = LinkPattern().Matches(page).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value))
            .FirstOrDefault(address => address.Contains(text, StringComparison.Ordinal));
        Assert.True(link is not null, $"No link with {text} in {page}");
        return link;
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> NoteAsync(string what, HttpResponseMessage response)
    {
        using (response)
        {
            var page = await response.Content.ReadAsStringAsync();
            var plain = SecretPattern().Replace(page.Replace(Email, "EMAIL", StringComparison.Ordinal), "SECRET");
            plain = plain.Replace(WebUtility.HtmlEncode(Email), "EMAIL", StringComparison.Ordinal)
                .Replace(WebUtility.UrlEncode(Email), "EMAIL", StringComparison.Ordinal)
                .Replace($"{_address.Host}:{_address.Port}", "HOST", StringComparison.Ordinal);
            _seen.Append($"> {what}\n{(int)response.StatusCode} {response.RequestMessage!.RequestUri!.AbsolutePath}\n{plain}\n");
            return page;
        }
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\"[^>]*value=\"([^\"]+)\"")]
    private static partial Regex TokenPattern();

    [GeneratedRegex("href=\"([^\"]+)\"")]
    private static partial Regex LinkPattern();

    /// <summary>What data protection makes (in JSON too), confirmation codes, ids of users and requests.</summary>
    [GeneratedRegex(@"CfDJ8(?:[A-Za-z0-9_+/=-]|\\u002B)+|(?<=code=)[A-Za-z0-9_-]+|[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<=<code>)[^<]+(?=</code>)")]
    private static partial Regex SecretPattern();
}
