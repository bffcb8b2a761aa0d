using System.Globalization;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.Hosting.Tests.Outside;

/// <summary>All packages, made by the command of the docs, in a folder that serves as a feed; and a stranger's folder beside it.</summary>
public sealed class PackedFeed : IAsyncLifetime
{
    /// <summary>The packages, without their version.</summary>
    internal static readonly string[] Names =
        ["Pomegranate.Backend", "Pomegranate.Frontend", "Pomegranate.Lighthouse", "Pomegranate.Pbm", "Pomegranate.Shared"];

    internal OutsideFolder Folder { get; } = new();

    /// <summary>Its own, so that no package of another run is taken for one of these.</summary>
    internal string Version { get; } = $"0.1.0-test.{DateTime.UtcNow.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)}";

    internal string Feed => Path.Combine(Folder.Path, "feed");

    public async Task InitializeAsync()
    {
        // Built elsewhere: what the repository holds is what other tests run.
        await OutsideFolder.DotNetAsync(
            RepoPaths.Root, "pack", "Akka.sln", "-c", "Release", "-o", Feed, "--artifacts-path", Path.Combine(Folder.Path, "artifacts"), $"-p:Version={Version}");

        var global = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Folder.Write("nuget.config", $"""
            <configuration>
              <config>
                <add key="globalPackagesFolder" value="{Folder.Path}/packages" />
              </config>
              <fallbackPackageFolders>
                <add key="known" value="{global}" />
              </fallbackPackageFolders>
              <packageSources>
                <add key="feed" value="{Feed}" />
              </packageSources>
            </configuration>
            """);
    }

    public Task DisposeAsync()
    {
        Folder.Dispose();
        return Task.CompletedTask;
    }
}
