using System.Net;
using System.Text;
using System.Text.Json;

namespace Pomegranate.EndToEnd.Tests.Templates;

/// <summary>
/// Somebody walks through each of <c>dotnet new</c>'s apps, on Kestrel and on a cluster whose every backend dies on the way,
/// and sees the same pages.
/// </summary>
[Collection("cluster")]
public class TemplateTests : IClassFixture<TemplateApps>
{
    private const string Password = "Grenadine-6";

    [Fact]
    public Task WebAppWithAccounts_BackendsKilled_SamePagesAsOnKestrel() => CompareAsync("WebApp", async (visitor, kill) =>
    {
        await visitor.GetAsync("/");
        await visitor.GetAsync("/Privacy");
        var form = await visitor.GetAsync("/Identity/Account/Register");
        await visitor.PostAsync("/Identity/Account/Register", form,
            ("Input.Email", visitor.Email), ("Input.Password", "short"), ("Input.ConfirmPassword", "other"));
        var registered = await visitor.PostAsync("/Identity/Account/Register", form,
            ("Input.Email", visitor.Email), ("Input.Password", Password), ("Input.ConfirmPassword", Password));
        await visitor.FollowAsync("the confirmation", TemplateVisitor.LinkWith("ConfirmEmail?", registered));
        form = await visitor.GetAsync("/Identity/Account/Login");
        await visitor.PostAsync("/Identity/Account/Login", form, ("Input.Email", visitor.Email), ("Input.Password", "Wrong-0"), ("Input.RememberMe", "false"));
        var home = await visitor.PostAsync("/Identity/Account/Login", form, ("Input.Email", visitor.Email), ("Input.Password", Password), ("Input.RememberMe", "false"));
        Assert.Contains("Logout", home, StringComparison.Ordinal);
        form = await visitor.GetAsync("/Identity/Account/Manage");

        await kill();

        // The form is from before the kill; the message of its success is TempData, and there once.
        var profile = await visitor.PostAsync("/Identity/Account/Manage", form, ("Input.PhoneNumber", "123456"));
        Assert.Contains("Your profile has been updated", profile, StringComparison.Ordinal);
        home = await visitor.GetAsync("/Identity/Account/Manage");
        await visitor.PostAsync("/Identity/Account/Logout?returnUrl=%2F", home);
        var end = await visitor.GetAsync("/");
        Assert.DoesNotContain("Logout", end, StringComparison.Ordinal);
    });

    [Fact]
    public Task BlazorAppWithAccounts_BackendsKilled_SamePagesAsOnKestrel() => CompareAsync("BlazorApp", async (visitor, kill) =>
    {
        await visitor.GetAsync("/");
        await visitor.GetAsync("/counter");
        var form = await visitor.GetAsync("/Account/Register");
        var registered = await visitor.PostAsync("/Account/Register", form, ("_handler", "register"),
            ("Input.Email", visitor.Email), ("Input.Password", Password), ("Input.ConfirmPassword", Password));
        await visitor.FollowAsync("the confirmation", TemplateVisitor.LinkWith("ConfirmEmail?", registered));
        form = await visitor.GetAsync("/Account/Login");
        var home = await visitor.PostAsync("/Account/Login", form, ("_handler", "login"),
            ("Input.Email", visitor.Email), ("Input.Password", Password), ("Input.RememberMe", "false"));
        Assert.Contains("Logout", home, StringComparison.Ordinal);

        await kill();

        var page = await visitor.GetAsync("/auth");
        Assert.Contains("You are authenticated", page, StringComparison.Ordinal);
        await visitor.PostAsync("/Account/Logout", page, ("ReturnUrl", ""));
        await visitor.GetAsync("/auth");
        await visitor.GetAsync("/none");
    });

    [Fact]
    public Task MvcApp_BackendsKilled_SamePagesAsOnKestrel() => CompareAsync("MvcApp", async (visitor, kill) =>
    {
        await visitor.GetAsync("/");
        await kill();
        await visitor.GetAsync("/Home/Privacy");
        await visitor.GetAsync("/css/site.css");
        await visitor.GetAsync("/none");
    });

    [Fact]
    public Task RazorApp_BackendsKilled_SamePagesAsOnKestrel() => CompareAsync("RazorApp", async (visitor, kill) =>
    {
        await visitor.GetAsync("/");
        await kill();
        await visitor.GetAsync("/Privacy");
        await visitor.GetAsync("/js/site.js");
        await visitor.GetAsync("/none");
    });

    [Fact]
    public async Task WebApi_BackendsKilled_AnswersAsOnKestrel()
    {
        await using var kestrel = await TemplateSide.OnKestrelAsync("WebApi");
        await using var cluster = await TemplateSide.OnClusterAsync("WebApi");

        Assert.Equal(await WalkAsync(kestrel), await WalkAsync(cluster));

        static async Task<string> WalkAsync(TemplateSide side)
        {
            using var http = new HttpClient { BaseAddress = side.Address };
            var before = Shape(await http.GetStringAsync("/weatherforecast"));
            await side.KillAsync();
            var missing = await http.GetAsync("/none");
            return $"{before}\n{Shape(await http.GetStringAsync("/weatherforecast"))}\n{(int)missing.StatusCode}";
        }

        // The weather is random.
        static string Shape(string json) => string.Join('\n', JsonDocument.Parse(json).RootElement.EnumerateArray()
            .Select(day => string.Join(' ', day.EnumerateObject().Select(field => $"{field.Name} {field.Value.ValueKind}"))));
    }

    [Fact]
    public async Task GrpcApp_BackendsKilled_AnswersAsOnKestrel()
    {
        await using var kestrel = await TemplateSide.OnKestrelAsync("GrpcApp");
        await using var cluster = await TemplateSide.OnClusterAsync("GrpcApp", "Kestrel:EndpointDefaults:Protocols=Http2");

        Assert.Equal(await WalkAsync(kestrel), await WalkAsync(cluster));

        static async Task<string> WalkAsync(TemplateSide side)
        {
            using var http = new HttpClient { BaseAddress = side.Address };
            var before = await SayHelloAsync(http, "before");
            await side.KillAsync();
            return $"{before}\n{await SayHelloAsync(http, "after")}";
        }
    }

    /// <summary>The template's only call, in its bytes: a frame of a message of one text.</summary>
    private static async Task<string> SayHelloAsync(HttpClient http, string name)
    {
        byte[] message = [0x0A, (byte)name.Length, .. Encoding.ASCII.GetBytes(name)];
        using var request = new HttpRequestMessage(HttpMethod.Post, "/greet.Greeter/SayHello")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, (byte)message.Length, .. message]) { Headers = { { "Content-Type", "application/grpc" } } },
        };
        request.Headers.Add("TE", "trailers");
        using var response = await http.SendAsync(request);
        var answer = await response.Content.ReadAsByteArrayAsync();
        return $"{(int)response.StatusCode} {Convert.ToHexString(answer)} {string.Join(',', response.TrailingHeaders.Select(h => $"{h.Key}={string.Join(',', h.Value)}"))}";
    }

    private static async Task CompareAsync(string app, Func<TemplateVisitor, Func<Task>, Task> walkAsync)
    {
        await using var kestrel = await TemplateSide.OnKestrelAsync(app);
        await using var cluster = await TemplateSide.OnClusterAsync(app);
        using var one = new TemplateVisitor(kestrel.Address);
        using var other = new TemplateVisitor(cluster.Address);

        await walkAsync(one, kestrel.KillAsync);
        await walkAsync(other, cluster.KillAsync);

        Assert.Equal(one.Seen, other.Seen);
    }
}
