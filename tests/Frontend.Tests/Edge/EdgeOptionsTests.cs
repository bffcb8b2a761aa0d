using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Edge;

namespace Pomegranate.Frontend.Tests.Edge;

/// <summary>What the edge's options may be, and that configuration reaches each.</summary>
public sealed class EdgeOptionsTests
{
    [Fact]
    public void Validate_Defaults_SucceedAndAllIsOff()
    {
        var options = new EdgeOptions();

        Assert.True(Validate(options).Succeeded);
        Assert.Equal((null, false, null), (options.HealthPath, options.CompressResponses, options.AccessLogDirectory));
    }

    [Fact]
    public void Validate_AllWrong_EveryKeyIsNamedWithItsValue()
    {
        var options = new EdgeOptions { HealthPath = "healthz", AccessLogDirectory = " ", AccessLogFileBytes = 1023, AccessLogFiles = 10_001 };

        var failures = Validate(options).Failures!.ToArray();

        string[] expected = ["HealthPath is 'healthz'", "AccessLogDirectory is ' '", "AccessLogFileBytes is '1023'", "AccessLogFiles is '10001'"];
        Assert.Equal(expected.Length, failures.Length);
        Assert.All(expected, start => Assert.Contains(failures, failure => failure.StartsWith($"Pomegranate:Gateway:{start}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/health/")]
    [InlineData("//health")]
    [InlineData("/{**path}")]
    [InlineData("/health?a=b")]
    [InlineData("/a b")]
    [InlineData("~/health")]
    public void Validate_HealthPathThatIsMoreOrLessThanAPath_Fails(string path) => Assert.True(Validate(new() { HealthPath = path }).Failed);

    [Theory]
    [InlineData("/healthz", 1024, 1)]
    [InlineData("/.well-known/ready_1~", 1024 * 1024 * 1024, 10_000)]
    public void Validate_AtTheEndsOfTheRanges_Succeeds(string path, int bytes, int files) =>
        Assert.True(Validate(new() { HealthPath = path, AccessLogFileBytes = bytes, AccessLogFiles = files }).Succeeded);

    [Fact]
    public void Bind_EveryKey_IsRead()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Pomegranate:Gateway:HealthPath"] = "/healthz",
            ["Pomegranate:Gateway:CompressResponses"] = "true",
            ["Pomegranate:Gateway:AccessLogDirectory"] = "logs",
            ["Pomegranate:Gateway:AccessLogFileBytes"] = "2000",
            ["Pomegranate:Gateway:AccessLogFiles"] = "3",
        }).Build();

        var options = configuration.GetSection(EdgeOptions.Section).Get<EdgeOptions>()!;

        Assert.Equal(
            ("/healthz", true, "logs", 2000, 3),
            (options.HealthPath, options.CompressResponses, options.AccessLogDirectory, options.AccessLogFileBytes, options.AccessLogFiles));
    }

    private static ValidateOptionsResult Validate(EdgeOptions options) => new EdgeOptionsValidator().Validate(null, options);
}
