using Microsoft.AspNetCore.Hosting;

[assembly: HostingStartup(typeof(Pomegranate.Backend.Hosting.AssetsAsBuilt))]

namespace Pomegranate.Backend.Hosting;

/// <summary>
/// Lets an app that runs as it was built find its static web assets (Blazor's script, what Razor class libraries and scoped
/// styles bring) outside the Development environment too. Only where <c>ASPNETCORE_HOSTINGSTARTUPASSEMBLIES</c> names this
/// assembly, as LocalCluster does; a published app has its assets in its own <c>wwwroot</c>.
/// </summary>
internal sealed class AssetsAsBuilt : IHostingStartup
{
    public void Configure(IWebHostBuilder builder) => builder.UseStaticWebAssets();
}
