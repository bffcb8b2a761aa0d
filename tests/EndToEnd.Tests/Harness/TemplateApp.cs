using System.Diagnostics;

namespace Pomegranate.EndToEnd.Tests.Harness;

/// <summary>An app as <c>dotnet new</c> makes it, outside the repository, with the one line added.</summary>
internal sealed class TemplateApp : IDisposable
{
    private const string Line = "var builder = WebApplication.CreateBuilder(args);\n";

    private TemplateApp(string directory) => Directory = directory;

    public string Directory { get; }

    /// <param name="template">What <c>dotnet new</c> is told, without the name.</param>
    public static async Task<TemplateApp> BuildAsync(string name, params string[] template)
    {
        var app = new TemplateApp(Path.Combine(Path.GetTempPath(), $"pomegranate-{Guid.NewGuid():N}", name));
        await RunAsync(["new", .. template, "-n", name, "-o", app.Directory, "--no-restore"]);

        var program = Path.Combine(app.Directory, "Program.cs");
        var text = (await File.ReadAllTextAsync(program)).ReplaceLineEndings("\n");
        Assert.Contains(Line, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(program, text.Replace(Line, Line + "builder.AddPomegranateBackend();\n", StringComparison.Ordinal));

        var backend = Path.Combine(RepoPaths.Root, "src", "Backend", "Backend.csproj");
        var project = Path.Combine(app.Directory, name + ".csproj");
        await File.WriteAllTextAsync(project, (await File.ReadAllTextAsync(project)).Replace(
            "</Project>", $"  <ItemGroup><ProjectReference Include=\"{backend}\" /></ItemGroup>\n</Project>", StringComparison.Ordinal));

        // Published, as it would be deployed: only so are its static assets beside it.
        await RunAsync(["publish", app.Directory, "-c", RepoPaths.Configuration, "--nologo", "-v", "q"]);
        return app;
    }

    public void Dispose() => System.IO.Directory.Delete(Path.GetDirectoryName(Directory)!, recursive: true);

    private static async Task RunAsync(string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: {await output}{errors}");
    }
}
