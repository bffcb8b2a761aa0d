using Microsoft.Playwright;

namespace Pomegranate.EndToEnd.Tests.Browser;

/// <summary>The system's Chromium, without the traffic of its own that it would add.</summary>
internal static class Chromium
{
    private static readonly string[] Flags =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    /// <summary>
    /// For whatever is awaited in a page, in milliseconds: how slow a browser is on a machine that has other work, and has
    /// never run it before, is not what is tested.
    /// </summary>
    public const float Deadline = 120_000;

    public static async Task<IBrowser> LaunchAsync(IPlaywright playwright)
    {
        Assertions.SetDefaultExpectTimeout(Deadline);
        return await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = Flags, Timeout = Deadline });
    }

    /// <summary>A page in a browser profile of its own.</summary>
    public static async Task<IPage> OpenAsync(IBrowser browser, Uri frontend)
    {
        var page = await browser.NewPageAsync(new() { BaseURL = frontend.ToString() });
        page.SetDefaultTimeout(Deadline);
        return page;
    }
}
