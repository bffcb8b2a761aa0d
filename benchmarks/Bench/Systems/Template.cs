namespace Pomegranate.Bench.Systems;

/// <summary>A peer's configuration file with <c>${name}</c> in it.</summary>
internal static class Template
{
    public static void Fill(string template, string target, params (string Name, string Value)[] values)
    {
        var text = File.ReadAllText(template);
        foreach (var (name, value) in values)
        {
            text = text.Replace("${" + name + "}", value, StringComparison.Ordinal);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllText(target, text);
    }
}
