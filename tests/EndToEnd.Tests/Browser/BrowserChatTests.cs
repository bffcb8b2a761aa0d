using System.Collections.Concurrent;
using Microsoft.Playwright;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Browser;

/// <summary>Two people chat over SignalR from two backends; one of the backends is killed, and both go on.</summary>
[Collection("cluster")]
public class BrowserChatTests
{
    private const int MostPeople = 30;
    private readonly ConcurrentQueue<string> _errors = [];

    [Fact]
    public async Task Chat_BackendKilled_ReconnectsByItselfAndMissesNothing()
    {
        await using var cluster = await ClusterProcess.StartAsync(app: "samples/Chat");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var demeter = await EnterAsync(browser, cluster.Frontends[0], "Demeter");
        var node = await NodeOf(demeter).InnerTextAsync();
        var ceres = await EnterElsewhereAsync(browser, cluster.Frontends[1], "Ceres", node);

        await SayAsync(demeter, "Is anybody there?");
        await ExpectMessagesAsync(ceres, "Is anybody there?");
        await SayAsync(ceres, "I am.");
        await ExpectMessagesAsync(demeter, "Is anybody there?", "I am.");

        cluster.Kill(node);

        // Nobody waits for Demeter's page to reconnect: what is said meanwhile comes with the next node's history.
        await SayAsync(ceres, "And you?");
        await Assertions.Expect(StateOf(demeter)).ToHaveTextAsync("reconnected");
        await Assertions.Expect(NodeOf(demeter)).Not.ToHaveTextAsync(node);
        await Assertions.Expect(demeter.GetByTestId("name")).ToHaveTextAsync("Demeter");
        await ExpectMessagesAsync(demeter, "Is anybody there?", "I am.", "And you?");
        await SayAsync(demeter, "Here again.");
        await ExpectMessagesAsync(ceres, "Is anybody there?", "I am.", "And you?", "Here again.");
        await Assertions.Expect(StateOf(ceres)).ToHaveTextAsync("connected");
        Assert.Empty(_errors);
    }

    /// <summary>Its backends have a role of their own beside the shop's.</summary>
    [Fact]
    public async Task Chat_MountedUnderAPath_IsOneRoomOnAllItsBackends()
    {
        await using var cluster = await ClusterProcess.StartAsync(backends: 2, frontends: 1, mount: "/chat=samples/Chat");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var chat = new Uri(cluster.Frontends[0], "chat/");
        var demeter = await EnterAsync(browser, chat, "Demeter");
        var ceres = await EnterElsewhereAsync(browser, chat, "Ceres", await NodeOf(demeter).InnerTextAsync());

        await SayAsync(demeter, "Is anybody there?");
        await ExpectMessagesAsync(ceres, "Is anybody there?");
        await SayAsync(ceres, "I am.");
        await ExpectMessagesAsync(demeter, "Is anybody there?", "I am.");
        Assert.Empty(_errors);
    }

    private static ILocator StateOf(IPage page) => page.GetByTestId("state");

    private static ILocator NodeOf(IPage page) => page.GetByTestId("node");

    private static async Task SayAsync(IPage page, string text)
    {
        await page.GetByTestId("text").FillAsync(text);
        await page.GetByTestId("send").ClickAsync();
    }

    /// <summary>These messages, in this order, and no other; what has not been confirmed by a node does not count.</summary>
    private static Task ExpectMessagesAsync(IPage page, params string[] texts) =>
        Assertions.Expect(page.GetByTestId("messages").Locator("li:not(.unsent)")).ToContainTextAsync(texts);

    /// <summary>A browser of one's own, and so a session of one's own.</summary>
    private async Task<IPage> EnterAsync(IBrowser browser, Uri chat, string name)
    {
        var page = await Chromium.OpenAsync(browser, chat);
        page.PageError += (_, error) => _errors.Enqueue(error);
        await page.GotoAsync("./");
        await page.GetByTestId("sign-in-name").FillAsync(name);
        await page.GetByTestId("sign-in-submit").ClickAsync();
        await Assertions.Expect(StateOf(page)).ToHaveTextAsync("connected");
        return page;
    }

    /// <summary>Sessions get their homes by chance: people come until one has another node.</summary>
    private async Task<IPage> EnterElsewhereAsync(IBrowser browser, Uri chat, string name, string node)
    {
        for (var i = 0; i < MostPeople; i++)
        {
            var page = await EnterAsync(browser, chat, name);
            if (await NodeOf(page).InnerTextAsync() != node)
            {
                return page;
            }

            await page.Context.CloseAsync();
        }

        throw new InvalidOperationException($"{MostPeople} sessions, and all of them on {node}.");
    }
}
