namespace Pomegranate.Bench.Systems;

/// <summary>Where things lie in the clone this program was built in.</summary>
internal static class Repository
{
    private const string Solution = "Akka.sln";

    public static string Root { get; } = Find();

    /// <summary>The <c>bin/CONFIGURATION/FRAMEWORK</c> of this program, which the others share.</summary>
    private static string Output { get; } = Path.Combine("bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name);

    public static bool IsRelease => Output.Contains("Release", StringComparison.Ordinal);

    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>A built program.</summary>
    public static string Program(string project, string assembly)
    {
        var path = At(project, Output, assembly + ".dll");
        return File.Exists(path) ? path : throw new BenchException($"{path} does not exist. Build it: dotnet build {At("benchmarks", "Bench")} -c Release");
    }

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, Solution)))
            {
                return directory.FullName;
            }
        }

        throw new BenchException($"No {Solution} above {AppContext.BaseDirectory}: Bench runs from the clone it was built in.");
    }
}
