using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>A directory for access logs, and what they say.</summary>
internal sealed class AccessLogFiles : IDisposable
{
    private readonly DirectoryInfo _directory = System.IO.Directory.CreateTempSubdirectory("pomegranate-log-");

    public string Directory => _directory.FullName;

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>The log's lines by field name, once there are so many.</summary>
    public async Task<Dictionary<string, string>[]> LinesAsync(int count)
    {
        var text = await Await.UntilAsync($"{count} lines of access log", TextAsync, text => Parse(text).Length >= count);
        return Parse(text);
    }

    public async Task<string> TextAsync()
    {
        var text = "";
        foreach (var file in _directory.EnumerateFiles())
        {
            using var reader = new StreamReader(new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            text += await reader.ReadToEndAsync();
        }

        return text;
    }

    private static Dictionary<string, string>[] Parse(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var fields = lines.FirstOrDefault(line => line.StartsWith("#Fields: ", StringComparison.Ordinal))?["#Fields: ".Length..].Trim().Split(' ') ?? [];
        return [.. lines
            .Select(line => line.Trim().Split(' '))
            .Where(values => values[0][0] != '#' && values.Length == fields.Length)
            .Select(values => fields.Zip(values).ToDictionary(pair => pair.First, pair => pair.Second))];
    }
}
