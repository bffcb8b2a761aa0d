using System.CommandLine;
using System.Text.Json.Nodes;

namespace Pomegranate.Pbm;

/// <summary>The palette <c>cluster</c>: words and output form of Petabridge.Cmd.</summary>
internal static class ClusterCommands
{
    private const string Members = "/cluster/members";

    public static Command Build(CommandRunner runner) => new("cluster", "Members of the cluster.")
    {
        runner.Command("show", "Lists the members: address | roles | status | reachability | version.", context => context.GetAsync(Members, PrintMembers)),
        runner.Command("status", "Shows this node's place in the cluster.", context => context.GetAsync("/cluster/status", JsonText.PrintFields)),
        runner.Command("leader", "Shows the leader's address.", context => context.GetAsync("/cluster/leader", PrintLeader)),
        runner.Command("join", "Makes this node join the cluster that a node is in.", Address(required: true), (context, address) =>
            context.SendAsync(HttpMethod.Post, Members, "address", address!)),
        runner.Command("leave", "Makes a node leave gracefully; without -a, this node.", Address(required: false), LeaveAsync),
        runner.Command("down", "Declares a node dead. It must really be stopped: else there are two clusters.", Address(required: true), (context, address) =>
            context.SendAsync(HttpMethod.Put, PathOf(address!), "operation", "Down")),
        runner.Command("down-unreachable", "Declares all unreachable nodes dead. They must really be stopped.", context =>
            context.SendAsync(HttpMethod.Put, Members, "operation", "DownUnreachable")),
    };

    private static Option<string?> Address(bool required) => new("--address", "-a")
    {
        Description = "A member's address, as 'cluster show' prints it.",
        HelpName = "akka.tcp://name@host:port",
        Required = required,
    };

    private static async Task<int> LeaveAsync(CommandContext context, string? address)
    {
        address ??= (await context.Client.GetAsync("/cluster/status", context.Cancellation)).Text("address");
        return await context.SendAsync(HttpMethod.Put, PathOf(address), "operation", "Leave");
    }

    private static string PathOf(string address) => $"{Members}/{Uri.EscapeDataString(address)}";

    private static void PrintLeader(JsonObject body, PbmConsole console) =>
        console.WriteLine(body.Text("leader") is { Length: > 0 } leader ? leader : "There is no leader: the members do not agree, or there are none.");

    private static void PrintMembers(JsonObject body, PbmConsole console)
    {
        var unreachable = body.Items("unreachable").Select(member => member.Text("node")).ToHashSet();
        var members = body.Items("members").ToList();
        foreach (var member in members)
        {
            var address = member.Text("node");
            var isReachable = !unreachable.Contains(address);
            console.WriteLine(
                $"{address} | [{string.Join(",", member.Items("roles"))}] | {member.Text("status").ToLowerInvariant()} | ",
                isReachable ? "reachable" : "unreachable",
                isReachable ? "green" : "red",
                $" | {member.Text("appVersion")}");
        }

        console.WriteLine($"Count: {members.Count} nodes");
    }
}
