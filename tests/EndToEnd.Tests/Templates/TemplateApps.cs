using System.Diagnostics;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Templates;

/// <summary>
/// What <c>dotnet new</c> makes, with a reference to Backend and the one line, and nothing else: made once in
/// <c>artifacts/templates</c>, and published in each run.
/// </summary>
public sealed class TemplateApps : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    private static readonly (string Name, string[] Template)[] All =
    [
        ("WebApp", ["webapp", "--auth", "Individual"]),
        ("BlazorApp", ["blazor", "--auth", "Individual", "--interactivity", "Server"]),
        ("MvcApp", ["mvc"]),
        ("RazorApp", ["razor"]),
        ("WebApi", ["webapi"]),
        ("GrpcApp", ["grpc"]),
    ];

    private static string Folder => Path.Combine(RepoPaths.Root, "artifacts", "templates");

    /// <summary>The project's directory, from the repository's root.</summary>
    public static string ProjectOf(string name) => Path.Combine("artifacts", "templates", name);

    /// <summary>Where it is published; LocalCluster looks there too.</summary>
    public static string PublishedOf(string name) => Path.Combine(Folder, name, "bin", RepoPaths.Configuration, "net10.0", "publish");

    public async Task InitializeAsync()
    {
        // A team's own repository has none of our build settings.
        Directory.CreateDirectory(Folder);
        foreach (var file in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
        {
            await File.WriteAllTextAsync(Path.Combine(Folder, file), "<Project />");
        }

        foreach (var (name, template) in All.Where(app => !File.Exists(Path.Combine(Folder, app.Name, $"{app.Name}.csproj"))))
        {
            await RunAsync(["new", .. template, "--name", name, "--output", Path.Combine(Folder, name), "--no-restore"]);
            await EditAsync(name, $"{name}.csproj", "</Project>", """
                  <ItemGroup>
                    <ProjectReference Include="../../../src/Backend/Backend.csproj" />
                  </ItemGroup>
                </Project>
                """);
            await EditAsync(name, "Program.cs", "var builder = WebApplication.CreateBuilder(args);", """
                var builder = WebApplication.CreateBuilder(args);
                builder.AddPomegranateBackend();
                """);
            var program = Path.Combine(Folder, name, "Program.cs");
            await File.WriteAllTextAsync(program, $"using Pomegranate.Backend;\n{await File.ReadAllTextAsync(program)}");
        }

        if (!File.Exists(Path.Combine(Folder, "Templates.slnx")))
        {
            await RunAsync(["new", "sln", "--format", "slnx", "--name", "Templates", "--output", Folder]);
            await RunAsync(["sln", Path.Combine(Folder, "Templates.slnx"), "add", .. All.Select(app => Path.Combine(Folder, app.Name, $"{app.Name}.csproj"))]);
        }

        await RunAsync(["publish", Path.Combine(Folder, "Templates.slnx"), "-c", RepoPaths.Configuration, "--nologo", "-v", "q"]);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    private static async Task EditAsync(string name, string file, string find, string put)
    {
        var path = Path.Combine(Folder, name, file);
        var text = await File.ReadAllTextAsync(path);
        Assert.Equal(2, text.Split(find).Length);
        await File.WriteAllTextAsync(path, text.Replace(find, put, StringComparison.Ordinal));
    }

    private static async Task RunAsync(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Folder };

        // The tests' own build must not tell this one where its SDK is.
        foreach (var key in start.Environment.Keys.Where(key => key.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(key);
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Deadline);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}: {await output}{await errors}");
    }
}
