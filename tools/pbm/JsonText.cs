using System.Text.Json.Nodes;

namespace Pomegranate.Pbm;

/// <summary>Reads answers of nodes that may be of another version: what is missing shows as empty, not as a crash.</summary>
internal static class JsonText
{
    public static string Text(this JsonNode? node, string name) => (node as JsonObject)?[name]?.ToString() ?? "";

    public static IEnumerable<JsonNode> Items(this JsonNode? node, string name) =>
        ((node as JsonObject)?[name] as JsonArray)?.OfType<JsonNode>() ?? [];

    /// <summary>One <c>name: value</c> line for each field.</summary>
    public static void PrintFields(JsonObject body, PbmConsole console)
    {
        foreach (var (name, value) in body)
        {
            console.WriteLine($"{name}: {(value is JsonArray list ? string.Join(",", list) : value?.ToString())}");
        }
    }
}
