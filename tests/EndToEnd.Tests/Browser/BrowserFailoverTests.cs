using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Browser;

/// <summary>A person in a browser signs in, fills the cart, the answering backend is killed, and the person goes on.</summary>
[Collection("cluster")]
public class BrowserFailoverTests
{
    [Fact]
    public async Task Shopping_BackendKilled_CartAndSignInAreIntact()
    {
        await using var cluster = await ClusterProcess.StartAsync();
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var page = await Chromium.OpenAsync(browser, cluster.Frontends[0]);

        await page.GotoAsync("/sign-in");
        await page.GetByTestId("sign-in-name").FillAsync("Demeter");
        await page.GetByTestId("sign-in-password").FillAsync("grenadine");
        await page.GetByTestId("sign-in-submit").ClickAsync();
        await Assertions.Expect(page.GetByTestId("user-name")).ToHaveTextAsync("Demeter");

        await page.GetByTestId("nav-shop").ClickAsync();
        await page.Locator("[data-testid^=add-]").Nth(0).ClickAsync();
        await Assertions.Expect(page.GetByTestId("message")).ToBeVisibleAsync();
        await page.GetByTestId("nav-shop").ClickAsync();
        await page.Locator("[data-testid^=add-]").Nth(1).ClickAsync();
        await page.GetByTestId("nav-cart").ClickAsync();
        await Assertions.Expect(page.Locator("[data-testid^=cart-line-]")).ToHaveCountAsync(2);
        var total = await page.GetByTestId("cart-total").InnerTextAsync();
        var node = await page.GetByTestId("footer-node").InnerTextAsync();

        cluster.Kill(node);

        // The next clicks meet the death itself: the browser shows a pause, never an error.
        await page.GetByTestId("nav-count").ClickAsync();
        await Assertions.Expect(page.GetByTestId("user-name")).ToHaveTextAsync("Demeter");
        await Assertions.Expect(page.GetByTestId("footer-node")).Not.ToHaveTextAsync(node);
        await page.GetByTestId("counter-increment").ClickAsync();
        await Assertions.Expect(page.GetByTestId("counter-value")).ToHaveTextAsync("1");
        await page.GetByTestId("nav-cart").ClickAsync();
        await Assertions.Expect(page.Locator("[data-testid^=cart-line-]")).ToHaveCountAsync(2);
        await Assertions.Expect(page.GetByTestId("cart-total")).ToHaveTextAsync(total);
        await Assertions.Expect(page).ToHaveTitleAsync(new Regex("Cart"));
    }
}
