using Pomegranate.Simulation.Core;

namespace Pomegranate.Simulation.Rules;

/// <summary>The lease of build 240d04d: renewed by answers, and shortened once a node hears that it is suspected.</summary>
internal sealed class TodayLease(NodeClock clock)
{
    private long _until = long.MinValue;

    public bool IsHeld => clock.Now < _until;

    public void Renew(long until) => _until = Math.Max(_until, until);

    public void Shorten(long until) => _until = Math.Min(_until, until);
}
