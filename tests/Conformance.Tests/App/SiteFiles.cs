namespace Pomegranate.Conformance.App;

/// <summary>The files that the app serves: written once, of a fixed age, so that both sides give them the same ETag.</summary>
internal static class SiteFiles
{
    public static readonly DateTime Modified = new(2024, 2, 29, 12, 0, 0, DateTimeKind.Utc);

    public static readonly string Root = Write();

    public static string WebRoot => Path.Combine(Root, "wwwroot");

    private static string Write()
    {
        var root = Path.Combine(AppContext.BaseDirectory, "site");
        WriteFile("digits.txt", string.Concat(Enumerable.Range(0, 10).Select(n => $"{n}123456789")));
        WriteFile("empty.txt", "");
        WriteFile("page.html", "<!doctype html><title>Orchard</title><p>Six seeds.</p>");
        WriteFile("index.html", "<!doctype html><title>Index</title>");
        WriteFile("site.css", string.Concat(Enumerable.Repeat("p { color: #811; }\n", 100)));
        WriteFile("with space.txt", "a space");
        WriteFile("é.txt", "an accent");
        WriteFile("unknown.seed", "of no known type");
        WriteFile("large.bin", Cases.Write.Bytes(300_000));
        return root;

        void WriteFile(string name, string text)
        {
            var path = Path.Combine(root, "wwwroot", name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
            File.SetLastWriteTimeUtc(path, Modified);
        }
    }
}
