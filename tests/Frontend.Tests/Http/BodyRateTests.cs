using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Time.Testing;
using Pomegranate.Frontend.Http;

namespace Pomegranate.Frontend.Tests.Http;

/// <summary>Kestrel's rule for slow bodies, on a clock of the test's own.</summary>
public sealed class BodyRateTests : IDisposable
{
    private static readonly MinDataRate Least = new(bytesPerSecond: 100, gracePeriod: TimeSpan.FromSeconds(5));

    private readonly FakeTimeProvider _time = new();
    private readonly BodyRate _rate;
    private bool _isTooSlow;

    public BodyRateTests() => _rate = new BodyRate(Least, _time, () => _isTooSlow = true);

    public void Dispose() => _rate.Dispose();

    [Theory]
    [InlineData(5, false)]
    [InlineData(7, true)]
    public void ClientSendsNothing_IsTooSlowAfterTheGracePeriod(int seconds, bool expected)
    {
        _rate.Wait();
        _rate.Want();

        Pass(seconds);

        Assert.Equal(expected, _isTooSlow);
    }

    [Fact]
    public void AppDoesNotRead_TheClientsTimeDoesNotCount()
    {
        _rate.Wait();

        Pass(60);

        Assert.False(_isTooSlow);
    }

    [Fact]
    public void ClientIsNotWaitedFor_ItsTimeDoesNotCount()
    {
        _rate.Want();
        _rate.Come(1);

        Pass(60);

        Assert.False(_isTooSlow);
    }

    [Theory]
    [InlineData(90, true)]
    [InlineData(130, false)]
    public void ClientSendsEachSecond_ItsRateCounts(int bytes, bool expected)
    {
        _rate.Want();
        for (var second = 0; second < 20; second++)
        {
            _rate.Wait();
            Pass(1);
            _rate.Come(bytes);
        }

        Assert.Equal(expected, _isTooSlow);
    }

    [Fact]
    public void AppSetsNoRate_ClientMaySendWhenItLikes()
    {
        _rate.Wait();
        _rate.Want();
        _rate.Least = null;

        Pass(600);

        Assert.False(_isTooSlow);
    }

    private void Pass(int seconds)
    {
        for (var second = 0; second < seconds; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
