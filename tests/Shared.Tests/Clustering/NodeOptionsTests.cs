using Pomegranate.Clustering;

namespace Pomegranate.Shared.Tests.Clustering;

public class NodeOptionsTests
{
    [Fact]
    public void Validate_SeveralFaults_NamesThemAll()
    {
        var options = new NodeOptions { Port = 70000, Weight = 0, Name = "no spaces", AcceptableHeartbeatPause = TimeSpan.Zero };
        options.Seeds.Add("lighthouse:0");

        var result = new NodeOptionsValidator().Validate(null, options);

        Assert.True(result.Failed);
        Assert.Equal(5, result.Failures.Count());
        Assert.Contains(result.Failures, f => f.Contains("Pomegranate:Cluster:Port", StringComparison.Ordinal) && f.Contains("70000", StringComparison.Ordinal) && f.Contains("65535", StringComparison.Ordinal));
        Assert.Contains(result.Failures, f => f.Contains("lighthouse:0", StringComparison.Ordinal) && f.Contains("host:port", StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_Defaults_PassWithASeed()
    {
        var options = new NodeOptions();
        options.Seeds.Add("lighthouse");
        Assert.True(new NodeOptionsValidator().Validate(null, options).Succeeded);
    }

    [Theory]
    [InlineData("lighthouse:4053", "lighthouse", 4053)]
    [InlineData("lighthouse", "lighthouse", 4053)]
    [InlineData("10.0.0.1:99", "10.0.0.1", 99)]
    public void SeedAddress_AsPeopleWriteIt_IsRead(string text, string host, int port)
    {
        Assert.True(SeedAddress.TryParse(text, out var readHost, out var readPort));
        Assert.Equal((host, port), (readHost, readPort));
    }
}
