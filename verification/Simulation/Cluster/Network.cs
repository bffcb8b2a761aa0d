using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Plans;

namespace Pomegranate.Simulation.Cluster;

/// <summary>The links between hosts, each direction by itself: how long a message takes, and whether it arrives.</summary>
internal sealed class Network
{
    private const long Fastest = 200;

    private readonly Plan _plan;
    private readonly int _hosts;
    private readonly Rng[] _chance;
    private readonly int[] _cuts;
    private readonly bool[] _holds;
    private readonly long[] _slow;
    private readonly long[] _last;
    private readonly List<Held>[] _held;

    public Network(Plan plan)
    {
        _plan = plan;
        _hosts = plan.Hosts;
        _chance = [.. Enumerable.Range(0, _hosts * _hosts).Select(link => new Rng(Rng.Mix(plan.Seed, 100 + (ulong)link)))];
        _cuts = new int[_hosts * _hosts];
        _holds = new bool[_hosts * _hosts];
        _held = new List<Held>[_hosts * _hosts];
        _slow = new long[_hosts];
        _last = new long[_hosts * _hosts];
    }

    public bool IsOpen(int from, int to) => _cuts[(from * _hosts) + to] == 0;

    public bool IsOpenBothWays(int a, int b) => IsOpen(a, b) && IsOpen(b, a);

    public void SetSlow(int host, long delay) => _slow[host] = delay;

    public void Cut(int from, int to, bool holds)
    {
        var link = (from * _hosts) + to;
        _cuts[link]++;
        _holds[link] = holds;
    }

    /// <summary>What has waited goes on its way.</summary>
    public void Heal(int from, int to, World world)
    {
        var link = (from * _hosts) + to;
        if (--_cuts[link] > 0 || _held[link] is not { } held)
        {
            return;
        }

        _held[link] = null!;
        foreach (var (sender, receiver, message) in held)
        {
            Send(sender, receiver, message, world);
        }
    }

    /// <summary>What is still on its way, held by a cut, never arrives: the sender has reset the connection.</summary>
    public void Reset(Process sender, Func<object, bool> which)
    {
        for (var to = 0; to < _hosts; to++)
        {
            _held[(sender.Host * _hosts) + to]?.RemoveAll(held => held.Sender == sender && which(held.Message));
        }
    }

    public void Send(Process sender, Process receiver, object message, World world)
    {
        var link = (sender.Host * _hosts) + receiver.Host;
        if (_cuts[link] > 0)
        {
            if (_holds[link] && (_held[link] ??= []).Count < 200)
            {
                _held[link].Add(new(sender, receiver, message));
            }

            return;
        }

        var chance = _chance[link];
        if (_plan.Loss > 0 && chance.Chance(_plan.Loss))
        {
            return;
        }

        if (message is Messages.IOrdered)
        {
            _last[link] = Math.Max(_last[link] + 1, world.Now + Delay(sender.Host, receiver.Host, chance));
            world.Deliver(_last[link] - world.Now, sender, receiver, message);
            return;
        }

        world.Deliver(Delay(sender.Host, receiver.Host, chance), sender, receiver, message);
        // Connections double nothing by themselves: what is doubled is what the product sends again. A request it does not.
        if (_plan.Doubling > 0 && message is not Messages.Run && chance.Chance(_plan.Doubling))
        {
            world.Deliver(Delay(sender.Host, receiver.Host, chance) + chance.Between(0, Span.Second), sender, receiver, message);
        }
    }

    private long Delay(int from, int to, Rng chance)
    {
        var delay = Fastest + chance.Between(0, 300) + _slow[from] + _slow[to];
        return chance.Below(16) == 0 ? delay + chance.Between(0, _plan.Jitter) : delay;
    }

    private readonly record struct Held(Process Sender, Process Receiver, object Message);
}
