namespace Pomegranate.ClusterTests.Mounts;

/// <summary>A frontend's settings in a file of its own, which a test changes while the frontend runs.</summary>
internal sealed class SettingsFile : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pomegranate-mounts-").FullName;

    public SettingsFile(string json) => Write(json);

    public string Path => System.IO.Path.Combine(_directory, "mounts.json");

    /// <summary>Replaces the file as a whole: nobody reads half of it.</summary>
    public void Write(string json)
    {
        var draft = Path + ".new";
        File.WriteAllText(draft, json);
        File.Move(draft, Path, overwrite: true);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
