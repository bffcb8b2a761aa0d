using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.Hosting.Tests.Outside;

/// <summary>An app in another repository refers to the backend's project, with the tools apps have.</summary>
public sealed class ProjectReferenceTests
{
    [Fact]
    public async Task ProjectReference_FromAnotherRepository_BuildsAndDescribesItsApi()
    {
        using var folder = new OutsideFolder();
        StrangersApp.Write(folder, "Shop", $"""
            <ProjectReference Include="{RepoPaths.Root}/src/Backend/Backend.csproj" />
            <PackageReference Include="Microsoft.AspNetCore.OpenApi" Version="10.0.15" />
            <PackageReference Include="Microsoft.Extensions.ApiDescription.Server" Version="10.0.15" PrivateAssets="all" />
            """, "<PropertyGroup><OpenApiDocumentsDirectory>.</OpenApiDocumentsDirectory></PropertyGroup>");

        // A warning fails it: NU1603 says that a version is missing, and another one was taken.
        await folder.DotNetAsync("build", "Shop", "-c", RepoPaths.Configuration);

        Assert.Contains("\"/count\"", File.ReadAllText(Path.Combine(folder.Path, "Shop", "Shop.json")), StringComparison.Ordinal);
        AssertSameVersions(Path.Combine(folder.Path, "Shop", "bin", RepoPaths.Configuration, "net10.0"));
    }

    /// <summary>An assembly in another version than ours were compiled with is found only when it is used.</summary>
    private static void AssertSameVersions(string output)
    {
        var ours = Path.Combine(RepoPaths.Root, "samples", "Portal", "bin", RepoPaths.Configuration, "net10.0");
        var different = Directory.GetFiles(ours, "*.dll")
            .Select(path => Path.GetFileName(path)!)
            .Where(file => !file.StartsWith("Portal", StringComparison.Ordinal))
            .Where(file => !File.Exists(Path.Combine(output, file)) || Version(Path.Combine(output, file)) != Version(Path.Combine(ours, file)));

        Assert.Empty(different);
    }

    private static Version? Version(string assembly) => System.Reflection.AssemblyName.GetAssemblyName(assembly).Version;
}
