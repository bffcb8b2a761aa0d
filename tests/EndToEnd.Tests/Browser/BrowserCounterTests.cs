using System.Collections.Concurrent;
using Microsoft.Playwright;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Browser;

/// <summary>A Blazor Server page counts; the backend with its circuit is killed, and the page comes back with the count.</summary>
[Collection("cluster")]
public class BrowserCounterTests
{
    [Fact]
    public async Task BlazorServer_BackendKilled_PageComesBackByItselfWithItsCount()
    {
        await using var cluster = await ClusterProcess.StartAsync(app: "samples/LiveCounter");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var page = await Chromium.OpenAsync(browser, cluster.Frontends[0]);
        var errors = new ConcurrentQueue<string>();
        page.PageError += (_, error) => errors.Enqueue(error);

        await page.GotoAsync("/");
        await ExpectAsync(page, "connection", "connected");
        for (var n = 1; n <= 3; n++)
        {
            await page.GetByTestId("add").ClickAsync();
            await ExpectAsync(page, "count", $"{n}");
        }

        await ExpectAsync(page, "clicks", "3");
        var node = await page.GetByTestId("node").InnerTextAsync();

        cluster.Kill(node);

        // Nobody touches the page.
        await Assertions.Expect(page.GetByTestId("node")).Not.ToHaveTextAsync(node);
        await ExpectAsync(page, "connection", "connected");
        await ExpectAsync(page, "count", "3");
        await ExpectAsync(page, "clicks", "0");

        await page.GetByTestId("add").ClickAsync();
        await ExpectAsync(page, "count", "4");
        await ExpectAsync(page, "clicks", "1");
        await Assertions.Expect(page.GetByTestId("error")).ToBeHiddenAsync();
        Assert.Empty(errors);
    }

    private static Task ExpectAsync(IPage page, string element, string text) =>
        Assertions.Expect(page.GetByTestId(element)).ToHaveTextAsync(text);
}
