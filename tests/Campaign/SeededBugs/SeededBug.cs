using Pomegranate.Campaign.Nodes;
using Pomegranate.LocalCluster.Plan;

namespace Pomegranate.Campaign.SeededBugs;

/// <summary>
/// Bugs that the campaign must find, or its green proves nothing. Each is a patch of <c>tests/Campaign/bugs</c>, applied
/// to a copy of the backend's sources: the product itself has no switch for them.
/// </summary>
internal static class SeededBug
{
    private static readonly string[] Copied = ["src/Shared", "src/Backend", "tests/Campaign.App"];
    private static readonly string[] CopiedFiles = ["Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", "tests/Directory.Build.props", "Akka.sln"];

    public static IReadOnlyList<string> Names => [.. Patches.Select(path => Path.GetFileNameWithoutExtension(path)).Order()];

    private static string[] Patches => Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "bugs"), "*.patch");

    /// <summary>Copies, patches and builds.</summary>
    /// <exception cref="CampaignException">There is no such bug, or its patch no longer applies, or what it makes does not compile.</exception>
    public static Repository Build(string name, Repository repository)
    {
        var copy = Path.Combine(repository.Root, "artifacts", "bugs", name);
        Copy(name, repository, copy);
        // A bug may well leave something unused.
        Command.Run(
            Repository.DotNet,
            ["build", "tests/Campaign.App", "-c", repository.Configuration, "-v", "q", "--nologo", "-p:TreatWarningsAsErrors=false"],
            directory: copy);
        return repository.At(copy);
    }

    /// <summary>Makes a patched copy of the sources.</summary>
    public static void Copy(string name, Repository repository, string copy)
    {
        var patch = Patches.FirstOrDefault(path => Path.GetFileNameWithoutExtension(path) == name)
            ?? throw new CampaignException($"--bug {name}: there is only {string.Join(", ", Names)}.");
        if (Directory.Exists(copy))
        {
            Directory.Delete(copy, recursive: true);
        }

        foreach (var file in CopiedFiles.Concat(Copied.SelectMany(directory => Sources(repository.Root, directory))))
        {
            var target = Path.Combine(copy, file);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(repository.Root, file), target);
        }

        // With a repository of its own: git would take the paths for those of the one around it, and apply nothing.
        Command.Run("git", ["init", "-q", "."], directory: copy);
        Command.Run("git", ["apply", "--whitespace=nowarn", patch], directory: copy);
    }

    private static IEnumerable<string> Sources(string root, string directory) =>
        Directory.EnumerateFiles(Path.Combine(root, directory), "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(root, path))
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));
}
