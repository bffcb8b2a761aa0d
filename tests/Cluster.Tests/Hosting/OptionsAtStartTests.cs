using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Hosting;

/// <summary>A node with bad options does not start, and says all that is wrong.</summary>
public sealed class OptionsAtStartTests
{
    [Fact]
    public Task BadClusterOptions_BackendDoesNotStartAndNamesEach() => AssertRefusedAsync(
        ("Pomegranate:Cluster:Weight", "101"),
        ("Pomegranate:Cluster:Shards", "0"),
        ("Pomegranate:Cluster:AcceptableHeartbeatPause", "00:02:00"));

    [Fact]
    public Task BadOptionsOfSeveralClasses_BackendDoesNotStartAndNamesEach() => AssertRefusedAsync(
        ("Pomegranate:Cluster:Weight", "101"),
        ("Pomegranate:Session:IdleTimeout", "00:00:00.5000000"),
        ("Pomegranate:Session:MaxAttributeBytes", "2000000"),
        ("Pomegranate:Session:TurnTimeout", "soon"),
        ("Pomegranate:Session:IdelTimeout", "00:30:00"),
        ("Pomegranate:Replication:Level", "most"),
        ("Pomegranate:Replication:Copies", "0"),
        ("Pomegranate:Backend:InlineResponseBytes", "-1"),
        ("Pomegranate:Management:Port", "70000"));

    [Fact]
    public async Task BadOptionsOfAFrontend_DoesNotStartAndNamesEach()
    {
        KeyValuePair<string, string?>[] settings =
        [
            new("Pomegranate:Cluster:Seeds:0", "127.0.0.1:1"),
            new("Pomegranate:Cluster:Shards", "0"),
            new("Pomegranate:Management:Port", "70000"),
            new("Pomegranate:Gateway:RequestTimeout", "00:00:00"),
            new("Pomegranate:Gateway:CookieName", "shop"),
            new("Pomegranate:Gateway:CompressResponses", "maybe"),
            new("Pomegranate:Gateway:HealthPaht", "/health"),
            new("Pomegranate:Gateway:TrustedProxies:0", "everybody"),
        ];

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => TestFrontend.StartAsync(settings, new NodeLog()));

        Assert.All(
            settings.Skip(1),
            bad => Assert.Contains($"{bad.Key.Replace(":0", "", StringComparison.Ordinal)} is '{bad.Value}'", failure.ToString(), StringComparison.Ordinal));
    }

    private static async Task AssertRefusedAsync(params (string Key, string Value)[] bad)
    {
        await using var app = TestApp.Build(
            new AppCode(), [new("Pomegranate:Cluster:Seeds:0", "127.0.0.1:1"), .. bad.Select(option => KeyValuePair.Create(option.Key, (string?)option.Value))]);

        var failure = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync().For("the refusal of bad options"));

        Assert.All(bad, option => Assert.Contains($"{option.Key} is '{option.Value}'", failure.ToString(), StringComparison.Ordinal));
    }
}
