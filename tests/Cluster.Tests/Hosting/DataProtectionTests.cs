using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pomegranate.Backend.DataProtection;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Hosting;

/// <summary>The backends share their data protection keys.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class DataProtectionTests(SharedCluster shared)
{
    [Fact]
    public async Task ProtectedOnOneBackend_UnprotectedOnTheOther()
    {
        using var one = await shared.Cluster.NewBrowserHomedOnAsync("backend-1");
        using var other = await shared.Cluster.NewBrowserHomedOnAsync("backend-2");

        var secret = (await one.RunAsync(http => Protector(http).Protect("open sesame"))).Ok();

        Assert.DoesNotContain("sesame", secret, StringComparison.Ordinal);
        Assert.Equal("open sesame", (await other.RunAsync(http => Protector(http).Unprotect(secret))).Ok());
    }

    [Fact]
    public void KeysAreKeptInTheCluster()
    {
        // On one machine ASP.NET Core's own place for keys, a directory, would do for both.
        Assert.All(shared.Cluster.Backends, backend => Assert.IsType<ClusterKeyRepository>(
            backend.Services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlRepository));
    }

    private static IDataProtector Protector(HttpContext context) =>
        context.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");
}
