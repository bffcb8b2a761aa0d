using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.Hosting.Tests.Outside;

/// <summary>The packages: what is in them, and that a fresh app and the tools of them alone make a cluster.</summary>
public sealed class PackageTests(PackedFeed packed) : IClassFixture<PackedFeed>
{
    public static TheoryData<string> Names { get; } = [.. PackedFeed.Names];

    [Fact]
    public void Feed_HasThePackagesAndTheirSymbolsAndNoOther() => Assert.Equal(
        PackedFeed.Names.SelectMany(name => new[] { $"{name}.{packed.Version}.nupkg", $"{name}.{packed.Version}.snupkg" }).Order(StringComparer.Ordinal),
        Directory.GetFiles(packed.Feed).Select(Path.GetFileName).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Package_SaysWhatItIs(string name)
    {
        using var package = Open(name, "nupkg");
        var about = Specification(package);

        Assert.Equal("Apache-2.0", Text(about, "license"));
        Assert.NotEqual("Package Description", Text(about, "description"));
        Assert.Contains(name, Read(package, Text(about, "readme")), StringComparison.Ordinal);
        Assert.Contains(package.Entries, entry => entry.FullName == Text(about, "icon"));
    }

    [Theory]
    [InlineData("Pomegranate.Backend")]
    [InlineData("Pomegranate.Shared")]
    public void Library_HasDocumentationAndNeedsNoToolsOfOurs(string name)
    {
        using var package = Open(name, "nupkg");
        var needs = Specification(package).Descendants().Where(element => element.Name.LocalName == "dependency")
            .Select(element => element.Attribute("id")!.Value).ToList();

        Assert.Contains(package.Entries, entry => entry.FullName == $"lib/net10.0/{name}.xml");
        Assert.NotEmpty(needs);
        Assert.DoesNotContain(needs, id => id.Contains("Test", StringComparison.Ordinal) || id.Contains("Analyzer", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Assembly_KnowsNoPathOfTheMachineThatPacked(string name)
    {
        using var symbols = Open(name, "snupkg");
        var own = symbols.Entries.Where(entry => entry.Name.EndsWith(".pdb", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(own);
        Assert.All(own, entry =>
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            Assert.DoesNotContain(RepoPaths.Root, Encoding.Latin1.GetString(bytes.ToArray()), StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task FreshApp_FromPackagesAlone_SurvivesItsNode()
    {
        StrangersApp.Write(packed.Folder, "Fresh", $"""
            <PackageReference Include="Pomegranate.Backend" Version="{packed.Version}" />
            <PackageReference Include="Microsoft.AspNetCore.OpenApi" Version="10.0.15" />
            """);
        await packed.Folder.DotNetAsync("build", "Fresh", "-c", "Release");
        foreach (var tool in (string[])["Pomegranate.Lighthouse", "Pomegranate.Frontend", "Pomegranate.Pbm"])
        {
            await packed.Folder.DotNetAsync("tool", "install", tool, "--version", packed.Version, "--tool-path", "tools");
        }

        await using var cluster = new ToolCluster(packed.Folder, "Fresh");
        await cluster.AwaitAnswerAsync();
        var (count, node) = await cluster.CountAsync();
        Assert.Equal((count + 1, node), await cluster.CountAsync());
        Assert.Equal(4, (await cluster.PbmAsync("cluster", "show")).Split('\n').Count(line => line.Contains("| up |", StringComparison.Ordinal)));

        cluster.Kill(node);

        var after = await cluster.CountAsync();
        Assert.Equal(count + 2, after.Count);
        Assert.NotEqual(node, after.Node);
    }

    private ZipArchive Open(string name, string extension) =>
        ZipFile.OpenRead(Path.Combine(packed.Feed, $"{name}.{packed.Version}.{extension}"));

    private static XDocument Specification(ZipArchive package) =>
        XDocument.Parse(Read(package, package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).FullName));

    private static string Text(XDocument specification, string element) =>
        specification.Descendants().Single(e => e.Name.LocalName == element).Value;

    private static string Read(ZipArchive package, string file)
    {
        using var reader = new StreamReader(package.GetEntry(file)!.Open());
        return reader.ReadToEnd();
    }
}
