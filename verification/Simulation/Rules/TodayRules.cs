using Pomegranate.Backend.Replication;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;

namespace Pomegranate.Simulation.Rules;

/// <summary>
/// The rules of build 240d04d: gossip's members are who may serve, a majority of the complete among them commits, a
/// lease lasts shorter than others take to decide, and each node downs whom <see cref="TodayVerdict"/> says.
/// </summary>
internal sealed class TodayRules : NodeRules
{
    private const long Pause = 2 * Span.Second;
    private const long Stable = 1_500 * Span.Millisecond;
    private const long ReadPatience = 1 * Span.Second;
    private const long Beginning = 10 * Span.Second;
    private const int Patience = 3;

    private static readonly ReplicationOptions Options = new();

    private readonly TodayDowning _downing;
    private readonly TodaySync? _sync;
    private readonly TodayLease _lease;
    private readonly long _pause;
    private readonly long[] _answered = new long[Gossip.Most];
    private bool _isMissed;
    private long _lastAsked;

    public TodayRules(Process self)
        : base(self)
    {
        _pause = (long)(Pause * World.Plan.Patience[self.Host]);
        _downing = new TodayDowning(self, Stable, 20 * Span.Second);
        _sync = self.IsBackend ? new TodaySync(self) : null;
        _lease = new TodayLease(self.Clock);
        Array.Fill(_answered, long.MinValue);
    }

    public override bool IsComplete => _sync?.IsComplete == true;

    public override bool MayAnswer => _lease.IsHeld;

    public override ulong Receivers => _sync!.Peers;

    public override ulong Voters => _sync!.Voters;

    private ulong Others => Self.Members.Backends & ~Self.Bit;

    public override long PatienceWith(int peer) => Self.Members.AgeOf(peer) < Beginning ? Patience * _pause : _pause;

    public override bool IsCommitted(ulong acknowledged)
    {
        var voters = Voters;
        return acknowledged.Has(Self.Id) && (acknowledged & voters).Count() >= Quorum.WriteSize(Options, voters.Count());
    }

    public override bool IsRead(ulong answered, long waited)
    {
        var voters = Voters;
        return answered.Has(Self.Id) && (answered & voters).Count() >= (waited < ReadPatience ? voters.Count() : Quorum.Majority(voters.Count()));
    }

    public override void OnFormed() => _sync?.Formed();

    public override void OnTick()
    {
        _downing.OnTick();
        if (_sync is not null)
        {
            _sync.OnTick();
            OnLeaseTick();
        }
    }

    public override void OnMembers()
    {
        _sync?.OnMembers();
        if (Self.IsBackend)
        {
            Renew();
        }
    }

    public override void OnProven(Process dead)
    {
    }

    public override void OnCopied(int from, long view) => _sync!.OnCopied(from);

    public override void OnMessage(Process from, object message)
    {
        switch (message)
        {
            case AreYouThere ask:
                Self.Send(from, new IAmHere(ask.Asked));
                break;
            case IAmHere here when Others.Has(from.Id):
                _answered[from.Id] = Math.Max(_answered[from.Id], here.Asked);
                Renew();
                break;
            case TodaySync.Hello hello:
                _sync?.OnHello(from, hello);
                break;
        }
    }

    private void OnLeaseTick()
    {
        var now = Self.Clock.Now;
        if (now - _lastAsked < 200 * Span.Millisecond)
        {
            return;
        }

        _lastAsked = now;
        foreach (var other in Others.All())
        {
            Self.Send(other, new AreYouThere(now));
        }

        Renew();
    }

    /// <summary>As <c>LeaseRenewal</c>.</summary>
    private void Renew()
    {
        var was = _lease.IsHeld;
        var wasMissed = _isMissed;
        var others = Others;
        _isMissed = IsMissedBy(others);
        if (_isMissed)
        {
            if (!wasMissed)
            {
                _lease.Shorten(Self.Clock.Now + (Stable * 2 / 3));
            }

            return;
        }

        var needed = (others.Count() + 1) / 2;
        var asked = Self.Clock.Now;
        if (needed > 0)
        {
            var answers = new List<long>();
            foreach (var other in others.All())
            {
                answers.Add(_answered[other]);
            }

            asked = answers.OrderDescending().ElementAt(needed - 1);
        }

        if (asked != long.MinValue)
        {
            _lease.Renew(asked + _pause + (Stable * 2 / 3));
        }

        if (!was && _lease.IsHeld)
        {
            Self.Backend!.OnRules();
        }
    }

    private bool IsMissedBy(ulong others)
    {
        foreach (var other in others.All())
        {
            if (Self.Members.Gossip.Unreachable[other].Has(Self.Id))
            {
                return true;
            }
        }

        return false;
    }

    private sealed record AreYouThere(long Asked) : IRulesMessage;

    private sealed record IAmHere(long Asked) : IRulesMessage;
}
