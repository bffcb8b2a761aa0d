using System.CommandLine;
using System.Text.Json.Nodes;

namespace Pomegranate.Pbm;

/// <summary>The palettes <c>session</c> and <c>shard</c>, which Petabridge.Cmd does not have in this form.</summary>
internal static class SessionCommands
{
    public static Command BuildSession(CommandRunner runner) => new("session", "Sessions, asked of a backend.")
    {
        runner.Command(
            "show", "Shows what a backend knows of a session.",
            new Option<string?>("--id", "-i") { Description = "The session's id: the session cookie's value.", HelpName = "id", Required = true },
            (context, id) => context.GetAsync($"/sessions/{Uri.EscapeDataString(id!)}", JsonText.PrintFields)),
        runner.Command("count", "Counts the live sessions.", context =>
            context.GetAsync("/sessions", (body, console) => console.WriteLine($"Count: {body.Text("count")} sessions"))),
    };

    public static Command BuildShard(CommandRunner runner) => new("shard", "Shards of sessions, asked of a backend or a frontend.")
    {
        runner.Command(
            "list", "Lists an app's shards: backend | shard | live sessions.",
            new Option<string?>("--app") { Description = "The app; by default that of the backend asked, on a frontend the one without a name.", HelpName = "name" },
            (context, app) => context.GetAsync(app is null ? "/cluster/shards" : $"/cluster/shards?app={Uri.EscapeDataString(app)}", PrintShards)),
    };

    private static void PrintShards(JsonObject body, PbmConsole console)
    {
        foreach (var region in body.Items("regions"))
        {
            foreach (var shard in region.Items("shards"))
            {
                console.WriteLine($"{region.Text("node")} | {shard.Text("id")} | {shard.Text("entities")}");
            }

            foreach (var shard in region.Items("failed"))
            {
                console.WriteLine($"{region.Text("node")} | {shard} | did not answer");
            }
        }

        console.WriteLine($"Count: {body.Text("shards")} shards, {body.Text("entities")} entities");
    }
}
