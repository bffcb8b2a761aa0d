using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pomegranate.Pbm;

/// <summary>What a command has to work with: a node to ask, a console to answer on, and whether to answer in JSON.</summary>
internal sealed record CommandContext(ManagementClient Client, PbmConsole Console, bool IsJson, CancellationToken Cancellation)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Asks the node and prints its answer: as it came, or by <paramref name="print"/>.</summary>
    public async Task<int> GetAsync(string path, Action<JsonObject, PbmConsole> print) =>
        Show(await Client.GetAsync(path, Cancellation), print);

    /// <summary>Asks the node to do something and prints what it says it does.</summary>
    public async Task<int> SendAsync(HttpMethod method, string path, string field, string value) =>
        Show(await Client.SendAsync(method, path, (field, value), Cancellation), (body, console) => console.WriteLine(body.Text("message")));

    public int Show(JsonObject body, Action<JsonObject, PbmConsole> print)
    {
        if (IsJson)
        {
            Console.WriteLine(body.ToJsonString(s_indented));
        }
        else
        {
            print(body, Console);
        }

        return ExitCode.Ok;
    }
}
