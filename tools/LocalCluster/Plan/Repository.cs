using System.Runtime.InteropServices;

namespace Pomegranate.LocalCluster.Plan;

/// <summary>Where the node programs are: built beside this one, in the same configuration.</summary>
internal sealed class Repository
{
    private const string Solution = "Akka.sln";
    private readonly string _root;
    private readonly string _output;

    private Repository(string root, string output) => (_root, _output) = (root, output);

    /// <summary>The <c>dotnet</c> that runs this program: it need not be on the path, nor be the one that is.</summary>
    public static string DotNet
    {
        get
        {
            var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
            var path = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
            return File.Exists(path) ? path : name;
        }
    }

    /// <summary>Looks for the solution upwards from this program, which lies in <c>bin/CONFIGURATION/FRAMEWORK</c>.</summary>
    /// <exception cref="LocalClusterException">This program was copied out of the repository.</exception>
    public static Repository Find()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        for (var directory = own; directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, Solution)))
            {
                return new Repository(directory.FullName, Path.Combine("bin", own.Parent!.Name, own.Name));
            }
        }

        throw new LocalClusterException($"No {Solution} above {own.FullName}: LocalCluster starts what the repository it lies in has built.");
    }

    /// <summary>A copy of the repository, built in the same configuration as this program.</summary>
    public Repository At(string root) => new(root, _output);

    /// <summary>Where the solution is.</summary>
    public string Root => _root;

    /// <summary>Debug or Release.</summary>
    public string Configuration => Path.GetFileName(Path.GetDirectoryName(_output))!;

    /// <summary>A program of the repository.</summary>
    /// <param name="project">The project's directory.</param>
    /// <exception cref="LocalClusterException">It has not been built.</exception>
    public NodeProgram Program(string project, string assembly) =>
        Built(Path.Combine(_root, project), assembly, Path.Combine(_root, Solution));

    /// <summary>An app, of the repository or not.</summary>
    /// <param name="option">What asked for it, for the message.</param>
    /// <param name="project">Its project file, or the directory with just one; the assembly is named as the file.</param>
    /// <exception cref="LocalClusterException">There is no such project, it has not been built, or it is no backend.</exception>
    public NodeProgram App(string option, string project)
    {
        var app = AppOf(option, project);
        return BackendReference.IsIn(Path.GetDirectoryName(app.Assembly)!)
            ? app
            : throw new LocalClusterException(
                $"{option} {project}: {app.Assembly} does not call AddPomegranateBackend(), so it would run alone, in no cluster. "
                + "Let its project refer to Pomegranate.Backend, add builder.AddPomegranateBackend(); to its Program.cs before Build(), and build it again.");
    }

    private NodeProgram AppOf(string option, string project)
    {
        var path = Path.GetFullPath(project);
        string[] files = File.Exists(path) ? [path] : Directory.Exists(path) ? Directory.GetFiles(path, "*.csproj") : [];
        return files is [var file]
            ? Built(Path.GetDirectoryName(file)!, Path.GetFileNameWithoutExtension(file), file)
            : throw new LocalClusterException($"{option} {project}: must be a project file, or a directory with just one, and {path} is not.");
    }

    /// <summary>The same program as another copy of the repository has built it: an earlier build, of which a cluster is to be upgraded.</summary>
    /// <exception cref="LocalClusterException">It has not been built there, or is no program of the repository.</exception>
    public NodeProgram From(string copy, NodeProgram program)
    {
        var project = Path.GetRelativePath(_root, program.Project);
        return project.StartsWith("..", StringComparison.Ordinal)
            ? throw new LocalClusterException($"{program.Project} is not below {_root}: another copy of the repository does not have it.")
            : At(Path.GetFullPath(copy)).Program(project, Path.GetFileNameWithoutExtension(program.Assembly));
    }

    /// <summary>
    /// As it was published, compiled ahead, if that was done since it was built: Directory.Build.targets does it for the
    /// programs that have an image. It runs where its settings and static files lie.
    /// </summary>
    private NodeProgram Built(string project, string assembly, string build)
    {
        var output = Path.Combine(project, _output);
        var published = Path.Combine(output, "publish");
        var built = Path.Combine(output, assembly + ".dll");
        if (!File.Exists(built))
        {
            throw new LocalClusterException($"{built} does not exist. Build it: dotnet build {build} -c {Configuration}");
        }

        return File.Exists(Path.Combine(published, assembly + ".dll")) && NewestAssembly(published) >= NewestAssembly(output)
            ? new NodeProgram(Path.Combine(published, assembly + ".dll"), published, project)
            : new NodeProgram(built, project, project);
    }

    private static DateTime NewestAssembly(string directory) => Directory.GetFiles(directory, "*.dll").Max(File.GetLastWriteTimeUtc);
}
