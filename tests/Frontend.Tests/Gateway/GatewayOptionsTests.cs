using Microsoft.Extensions.Configuration;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Tests.Gateway;

/// <summary>What the gateway's options may be, and that configuration reaches each.</summary>
public sealed class GatewayOptionsTests
{
    [Fact]
    public void Validate_Defaults_Succeed() => Assert.True(Validate(new()).Succeeded);

    [Fact]
    public void Validate_AllWrong_EveryKeyIsNamedWithItsValue()
    {
        var options = new GatewayOptions
        {
            InlineRequestBytes = 1_000_001,
            MaxRequestBodyBytes = -1,
            StreamPort = 65_536,
            RequestTimeout = TimeSpan.Zero,
            FailoverDeadline = TimeSpan.FromMinutes(3),
            RetryAfter = TimeSpan.FromMilliseconds(999),
            DrainDelay = TimeSpan.FromSeconds(-1),
            CloseDelay = TimeSpan.FromSeconds(-2),
            TrustedProxies = { "10.0.0.0/8", "10.0.0.0/33", "proxy" },
        };

        var failures = Validate(options).Failures!.ToArray();

        string[] expected =
        [
            "InlineRequestBytes is '1000001'", "MaxRequestBodyBytes is '-1'", "StreamPort is '65536'", "RequestTimeout is '00:00:00'", "FailoverDeadline is '00:03:00'", "RetryAfter is '00:00:00.9990000'",
            "DrainDelay is '-00:00:01'", "CloseDelay is '-00:00:02'", "TrustedProxies is '10.0.0.0/33'", "TrustedProxies is 'proxy'",
        ];
        Assert.Equal(expected.Length, failures.Length);
        Assert.All(expected, start => Assert.Contains(failures, failure => failure.StartsWith($"Pomegranate:Gateway:{start}", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(0, "00:00:01", "00:00:01", "00:00:00")]
    [InlineData(1_000_000, "7.00:00:00", "00:02:00", "00:05:00")]
    public void Validate_AtTheEndsOfTheRanges_Succeeds(int bytes, string timeout, string deadline, string drain) => Assert.True(Validate(new()
    {
        InlineRequestBytes = bytes,
        MaxRequestBodyBytes = bytes,
        RequestTimeout = TimeSpan.Parse(timeout, null),
        FailoverDeadline = TimeSpan.Parse(deadline, null),
        DrainDelay = TimeSpan.Parse(drain, null),
        CloseDelay = TimeSpan.Parse(drain, null),
    }).Succeeded);

    [Fact]
    public void Bind_EveryKey_IsRead()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Pomegranate:Gateway:InlineRequestBytes"] = "16",
            ["Pomegranate:Gateway:MaxRequestBodyBytes"] = "17",
            ["Pomegranate:Gateway:StreamPort"] = "18",
            ["Pomegranate:Gateway:RequestTimeout"] = "00:00:11",
            ["Pomegranate:Gateway:FailoverDeadline"] = "00:00:12",
            ["Pomegranate:Gateway:RetryAfter"] = "00:00:13",
            ["Pomegranate:Gateway:DrainDelay"] = "00:00:14",
            ["Pomegranate:Gateway:CloseDelay"] = "00:00:15",
            ["Pomegranate:Gateway:TrustedProxies:0"] = "10.0.0.0/8",
            ["Pomegranate:Gateway:TrustedProxies:1"] = "192.168.0.0/16",
        }).Build();

        var options = configuration.GetSection(GatewayOptions.Section).Get<GatewayOptions>()!;

        Assert.Equal((16, 17L, 18), (options.InlineRequestBytes, options.MaxRequestBodyBytes, options.StreamPort));
        Assert.Equal(TimeSpan.FromSeconds(11), options.RequestTimeout);
        Assert.Equal(TimeSpan.FromSeconds(12), options.FailoverDeadline);
        Assert.Equal(TimeSpan.FromSeconds(13), options.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(14), options.DrainDelay);
        Assert.Equal(TimeSpan.FromSeconds(15), options.CloseDelay);
        Assert.Equal(["10.0.0.0/8", "192.168.0.0/16"], options.TrustedProxies);
    }

    private static Microsoft.Extensions.Options.ValidateOptionsResult Validate(GatewayOptions options) => new GatewayOptionsValidator().Validate(null, options);
}
