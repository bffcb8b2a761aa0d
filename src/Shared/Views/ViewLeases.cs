using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>
/// The leases that this node has been granted and those that it has granted others. After Gray and Cheriton, "Leases"
/// (1989): clocks need not agree, only run at about one rate.
/// </summary>
internal sealed class ViewLeases(ViewSettings settings)
{
    /// <summary>Until when others answer by this node's word, by its own clock.</summary>
    private readonly Dictionary<UniqueAddress, TimeSpan> _granted = [];

    /// <summary>When each was asked a question that it has granted, in this view.</summary>
    private readonly Dictionary<UniqueAddress, TimeSpan> _answered = [];

    /// <summary>Nobody of this view is granted a lease before: one of an earlier view may still run.</summary>
    private TimeSpan _from = TimeSpan.MinValue;

    /// <summary>Until when this node may answer for its sessions.</summary>
    public TimeSpan Until { get; private set; } = TimeSpan.MinValue;

    public bool IsHeld(TimeSpan now) => now < Until;

    /// <summary>How long it is until leases are granted in this view.</summary>
    public TimeSpan Wait(TimeSpan now) => _from > now ? _from - now : TimeSpan.Zero;

    /// <param name="length">As the other asks for it: its options may differ from this node's.</param>
    public bool Grant(UniqueAddress to, TimeSpan length, TimeSpan now)
    {
        if (now < _from || length > ViewSettings.LongestLease || length < TimeSpan.Zero)
        {
            return false;
        }

        var until = now + (length * (1 + ViewSettings.ClockMargin));
        if (!_granted.TryGetValue(to, out var before) || until > before)
        {
            _granted[to] = until;
        }

        return true;
    }

    /// <summary>It has said itself that it answers nothing any more.</summary>
    public void Release(UniqueAddress backend) => _granted.Remove(backend);

    /// <summary>This node answers nothing any more.</summary>
    public void GiveUp() => Until = TimeSpan.MinValue;

    /// <summary>How long this node is bound to those who are not to serve any more, or to an earlier wait.</summary>
    public TimeSpan RestOf(Func<UniqueAddress, bool> leftOut, TimeSpan now)
    {
        var rest = Wait(now);
        foreach (var (backend, until) in _granted)
        {
            if (leftOut(backend) && until - now > rest)
            {
                rest = until - now;
            }
        }

        return rest;
    }

    /// <returns>Whether it is the first grant of this backend in this view.</returns>
    public bool Granted(UniqueAddress by, TimeSpan asked)
    {
        var isFirst = !_answered.TryGetValue(by, out var before);
        if (isFirst || asked > before)
        {
            _answered[by] = asked;
        }

        return isFirst;
    }

    /// <summary>Of the view's backends more than half, this node included, have granted it a lease: it lasts from the oldest of these.</summary>
    public void Renew(View view, UniqueAddress self, TimeSpan now)
    {
        if (!view.Includes(self) || now < _from)
        {
            return;
        }

        var others = view.Backends.Length / 2;
        var asked = others == 0 ? now : LatestOf(view, others);
        if (asked + settings.LeaseLength is { } until && until > Until)
        {
            Until = until;
        }
    }

    /// <summary>When the last was asked of the so many that were asked last; null if not so many have answered.</summary>
    private TimeSpan? LatestOf(View view, int count)
    {
        Span<TimeSpan> asked = stackalloc TimeSpan[_answered.Count];
        var answers = 0;
        foreach (var (backend, at) in _answered)
        {
            if (view.Includes(backend))
            {
                asked[answers++] = at;
            }
        }

        asked[..answers].Sort();
        return answers < count ? null : asked[answers - count];
    }

    /// <summary>A new view: its leases begin after the wait.</summary>
    /// <param name="keep">Nobody else is left who could serve: this node's lease runs on.</param>
    public void Begin(TimeSpan wait, bool keep, TimeSpan now)
    {
        _from = now + wait > _from ? now + wait : _from;
        _answered.Clear();
        if (!keep)
        {
            Until = TimeSpan.MinValue;
        }

        foreach (var (backend, _) in _granted.Where(g => g.Value <= now).ToList())
        {
            _granted.Remove(backend);
        }
    }
}
