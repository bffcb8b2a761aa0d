using System.CommandLine;
using System.Text.Json.Nodes;

namespace Pomegranate.Pbm;

/// <summary>The palette <c>actor</c>: what runs in one node.</summary>
internal static class ActorCommands
{
    public static Command Build(CommandRunner runner) => new("actor", "Actors of this node.")
    {
        runner.Command(
            "hierarchy", "Lists the paths of this node's actors.",
            new Option<string?>("--depth", "-d") { Description = "How many levels to show (1 to 16, default 4).", HelpName = "levels" },
            (context, depth) => context.GetAsync(depth is null ? "/actors" : $"/actors?depth={Uri.EscapeDataString(depth)}", PrintTree)),
        runner.Command("system", "Shows this node's process: memory, threads, uptime.", context => context.GetAsync("/system", JsonText.PrintFields)),
    };

    private static void PrintTree(JsonObject body, PbmConsole console)
    {
        foreach (var root in body.Items("actors"))
        {
            PrintBranch(root, console);
        }

        console.WriteLine($"Count: {body.Text("count")} actors{(body.Text("truncated") == "true" ? ", and more that are not shown" : "")}");
    }

    private static void PrintBranch(JsonNode actor, PbmConsole console)
    {
        console.WriteLine(actor.Text("path"));
        foreach (var child in actor.Items("children"))
        {
            PrintBranch(child, console);
        }
    }
}
