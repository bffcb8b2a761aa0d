using Pomegranate.Campaign.Clients;

namespace Pomegranate.Campaign.Tests;

public sealed class PaceTests
{
    [Fact]
    public void Next_Steady_TheClientsShareOneRate()
    {
        var pace = Pace.Steady(0.001, new RunClock());
        var random = new Random(1);
        var first = pace.Next(random);
        Assert.Equal(1000, (pace.Next(random) - first).TotalSeconds, 1.0);
    }
}
