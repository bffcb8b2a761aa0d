using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using Pomegranate.EndToEnd.Tests.Harness;
using Xunit.Abstractions;

namespace Pomegranate.EndToEnd.Tests.Browser;

/// <summary>
/// The Blazor Server template, which has no session: whoever comes for the first time gets a page that works, also while
/// backends come and go.
/// </summary>
[Collection("cluster")]
public class BrowserBlazorTemplateTests(ITestOutputHelper output)
{
    /// <summary>Without the node in the token 2 of 8 were interactive: ten of ten do not come by chance.</summary>
    private const int Profiles = 10;
    private const int AtOnce = 5;

    [Fact]
    public async Task BlazorTemplate_FreshProfiles_EveryOneIsInteractive()
    {
        using var app = await TemplateApp.BuildAsync("FreshBlazor", "blazor", "--interactivity", "Server");
        await using var cluster = await ClusterProcess.StartAsync(app: app.Directory);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        using var places = new SemaphoreSlim(AtOnce);

        var errors = await Task.WhenAll(Enumerable.Range(0, Profiles).Select(async i =>
        {
            await places.WaitAsync();
            try
            {
                var visit = await VisitAsync(browser, cluster.Frontends[i % cluster.Frontends.Count]);
                await visit.CountAsync();
                await visit.Page.Context.CloseAsync();
                return visit.Errors;
            }
            finally
            {
                places.Release();
            }
        }));

        // A first transport that fails and a second that works would leave an error here.
        Assert.Empty(errors.SelectMany(its => its));
    }

    [Fact]
    public async Task BlazorTemplate_BackendsComeAndGo_PagesComeBackAndNewOnesWork()
    {
        using var app = await TemplateApp.BuildAsync("FreshBlazor", "blazor", "--interactivity", "Server");
        await using var cluster = await ClusterProcess.StartAsync(app: app.Directory);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var visits = new List<Visit>();
        for (var i = 0; i < 6; i++)
        {
            visits.Add(await VisitAsync(browser, cluster.Frontends[i % cluster.Frontends.Count]));
            await visits[i].CountAsync();
        }

        foreach (var backend in cluster.Backends.Select(b => b.Name))
        {
            cluster.Kill(backend);
            var clock = Stopwatch.StartNew();
            foreach (var visit in visits)
            {
                await visit.CountAsync();
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{backend} killed: every page counts after {clock.Elapsed.TotalMilliseconds:F0} ms"));
            await (await VisitAsync(browser, cluster.Frontends[0])).CountAsync();

            // Its shards move to it while pages are open and others come.
            await cluster.RestartAsync(backend);
            await (await VisitAsync(browser, cluster.Frontends[1])).CountAsync();
            foreach (var visit in visits)
            {
                await visit.CountAsync();
            }
        }
    }

    private static async Task<Visit> VisitAsync(IBrowser browser, Uri frontend)
    {
        var page = await Chromium.OpenAsync(browser, frontend);
        var visit = new Visit(page);
        await page.GotoAsync("/counter");
        return visit;
    }

    /// <summary>One page in a profile of its own.</summary>
    private sealed class Visit
    {
        public Visit(IPage page)
        {
            Page = page;
            page.PageError += (_, error) => Errors.Add(error);
            page.Console += (_, message) =>
            {
                if (message.Type == "error")
                {
                    Errors.Add(message.Text);
                }
            };
        }

        public IPage Page { get; }

        public List<string> Errors { get; } = [];

        /// <summary>Clicks until the count goes up: a click before the page is interactive does nothing.</summary>
        public async Task CountAsync()
        {
            var status = Page.GetByRole(AriaRole.Status);
            await Await.UntilAsync("an interactive page", TimeSpan.FromSeconds(60), async () =>
            {
                try
                {
                    var before = await status.InnerTextAsync(new() { Timeout = 1000 });
                    await Page.GetByRole(AriaRole.Button, new() { Name = "Click me" }).ClickAsync(new() { Timeout = 1000 });
                    await Assertions.Expect(status).Not.ToHaveTextAsync(before, new() { Timeout = 500 });
                    return true;
                }
                catch (Exception failure) when (failure is PlaywrightException or TimeoutException)
                {
                    return false;
                }
            }, () => string.Join(Environment.NewLine, Errors));
        }
    }
}
