using System.Net;
using System.Text.RegularExpressions;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Sessions;

/// <summary>What is encrypted on one node is read on another: sign-in cookie, antiforgery token, TempData.</summary>
[Collection("cluster")]
public partial class SignInTests
{
    [Fact]
    public async Task SignedIn_NodeKilled_StillSignedInAndItsFormsAccepted()
    {
        await using var cluster = await ClusterProcess.StartAsync();
        using var handler = new HttpClientHandler { CookieContainer = new CookieContainer(), AllowAutoRedirect = true };
        using var http = new HttpClient(handler) { BaseAddress = cluster.Frontends[0] };

        var form = await http.GetStringAsync("/sign-in");
        var home = await PostAsync(http, "/sign-in", form, ("Name", "Persephone"), ("Password", "grenadine"));
        Assert.Contains("Persephone", home, StringComparison.Ordinal);

        // The page with the form comes from a node that is dead when the form is sent.
        var page = await http.GetStringAsync("/count");
        var node = NodePattern().Match(page).Groups[1].Value;
        cluster.Kill(node);

        // A POST that meets the death itself may have run, and is answered 503; one sent afterwards must work.
        await cluster.AwaitMembersAsync(5);
        var counted = await PostAsync(http, "/count", page);

        Assert.Contains("Persephone", counted, StringComparison.Ordinal);
        Assert.Equal("1", CounterPattern().Match(counted).Groups[1].Value);
        Assert.NotEqual(node, NodePattern().Match(counted).Groups[1].Value);
    }

    private static async Task<string> PostAsync(HttpClient http, string path, string page, params (string Name, string Value)[] fields)
    {
        var token = TokenPattern().Match(page).Groups[1].Value;
        Assert.NotEqual("", token);
        using var content = new FormUrlEncodedContent(
            fields.Append(("__RequestVerificationToken", token)).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
        using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"POST {path}: {(int)answer.StatusCode} {text}");
        return text;
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\"[^>]*value=\"([^\"]+)\"")]
    private static partial Regex TokenPattern();

    [GeneratedRegex("data-testid=\"footer-node\"[^>]*>([^<]+)<")]
    private static partial Regex NodePattern();

    [GeneratedRegex("data-testid=\"counter-value\"[^>]*>([^<]+)<")]
    private static partial Regex CounterPattern();
}
