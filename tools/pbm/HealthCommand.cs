using System.Text.Json.Nodes;

namespace Pomegranate.Pbm;

/// <summary>
/// The command <c>health</c>: is the node ready? Containers run it every few seconds, so the plain form is
/// recognised before anything else is built.
/// </summary>
internal static class HealthCommand
{
    public const string Name = "health";

    public static async Task<int> RunAsync(CommandContext context)
    {
        var (isReady, report) = await context.Client.GetReadinessAsync(context.Cancellation);
        context.Show(report ?? [], Print);
        return isReady ? ExitCode.Ok : ExitCode.Refused;
    }

    private static void Print(JsonObject report, PbmConsole console)
    {
        console.WriteLine(report.Text("error") is { Length: > 0 } error ? error : report.Text("status"));
        foreach (var check in report.Items("checks"))
        {
            console.WriteLine($"{check.Text("name")}: {check.Text("status")}: {check.Text("description")}");
        }
    }
}
