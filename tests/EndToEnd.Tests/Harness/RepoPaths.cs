namespace Pomegranate.EndToEnd.Tests.Harness;

/// <summary>Where the built programs are: beside this test's own build, in the same configuration.</summary>
internal static class RepoPaths
{
    public static string Root { get; } = RootOf(AppContext.BaseDirectory);

    /// <summary>Debug or Release.</summary>
    public static string Configuration { get; } =
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";

    public static string LocalCluster => Built("tools/LocalCluster", "LocalCluster.dll");

    public static string Frontend => Built("src/Frontend", "Pomegranate.Frontend.dll");

    public static string Pbm => Built("tools/pbm", "pbm.dll");

    private static string Built(string project, string file)
    {
        var path = Path.Combine(Root, project, "bin", Configuration, "net10.0", file);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is not built; build Akka.sln first.");
    }

    /// <summary>The copy of the repository that a path is in: the innermost, for another build's is within this one.</summary>
    public static string RootOf(string path)
    {
        for (var directory = new DirectoryInfo(path); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Akka.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No Akka.sln above {path}.");
    }
}
