using System.Text.RegularExpressions;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.Hosting.Tests.Outside;

/// <summary>An app that begins with the README's own lines, and a project of the plainest kind.</summary>
internal static partial class StrangersApp
{
    /// <summary>Writes it to a folder below this one.</summary>
    /// <param name="reference">How it refers to the backend library.</param>
    /// <param name="more">What else its project says.</param>
    public static void Write(OutsideFolder folder, string name, string reference, string more = "")
    {
        folder.Write($"{name}/{name}.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk.Web">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                {reference}
              </ItemGroup>
              {more}
            </Project>
            """);
        folder.Write($"{name}/Program.cs", Snippet() + """

            builder.Services.AddOpenApi();
            builder.WebHost.UseKestrel(kestrel => kestrel.AddServerHeader = false);
            var app = builder.Build();
            app.MapOpenApi();
            app.MapGet("/count", (HttpContext context) =>
            {
                var n = (context.Session.GetInt32("n") ?? 0) + 1;
                context.Session.SetInt32("n", n);
                return $"{n} {app.Configuration["Pomegranate:Cluster:NodeName"]}";
            });
            app.Run();
            """);

        // Tools that run the app at build time must not join this cluster.
        folder.Write($"{name}/appsettings.json", """{ "Pomegranate": { "Cluster": { "Seeds": [ "127.0.0.1:1" ] } } }""");
    }

    /// <summary>The first lines of C# in the README.</summary>
    private static string Snippet() => CSharp().Match(File.ReadAllText(Path.Combine(RepoPaths.Root, "README.md"))).Groups[1].Value;

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharp();
}
