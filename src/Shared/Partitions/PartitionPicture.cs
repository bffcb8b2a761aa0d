using Akka.Cluster;

namespace Pomegranate.Partitions;

/// <summary>
/// Who is there and who does not reach whom, as one node sees it, and since when that is so: when it may be decided who goes
/// on. Not thread-safe.
/// </summary>
internal sealed class PartitionPicture(DowningTimes times, TimeProvider time)
{
    private readonly Dictionary<UniqueAddress, long> _firstSeen = [];
    private HashSet<(UniqueAddress Observer, UniqueAddress Subject)> _broken = [];
    private HashSet<Voter> _members = [];
    private long _firstBreak;
    private long _lastChange;

    public IReadOnlySet<(UniqueAddress Observer, UniqueAddress Subject)> Broken => _broken;

    public IReadOnlyCollection<Voter> Members => _members;

    /// <summary>Whether everybody reaches everybody.</summary>
    public bool IsWhole => _broken.Count == 0;

    /// <summary>Whether nothing has changed for long enough, or things have been changing for far too long.</summary>
    public bool IsDue
    {
        get
        {
            var now = time.GetTimestamp();
            var stableAfter = times.StableAfter + (HasYoung(now) ? times.MorePatience : TimeSpan.Zero);
            return time.GetElapsedTime(_lastChange, now) >= stableAfter
                || time.GetElapsedTime(_firstBreak, now) >= stableAfter + times.UnstableAfter;
        }
    }

    public void Look(IReadOnlyCollection<Voter> members, IReadOnlyCollection<(UniqueAddress Observer, UniqueAddress Subject)> broken)
    {
        var now = time.GetTimestamp();
        NoteAges(members, now);
        if (IsWhole)
        {
            _firstBreak = now;
        }

        // Whose word counts in a view is no change: that comes to be as this node has wished, and would be waited for twice.
        if (!_broken.SetEquals(broken) || !members.Select(Standing).ToHashSet().SetEquals(_members.Select(Standing)))
        {
            _lastChange = now;
            _broken = [.. broken];
        }

        _members = [.. members];
    }

    /// <summary>What was broken is so no more, or does not concern this node.</summary>
    public void Forget() => _broken.Clear();

    /// <summary>Waits as if all had been noticed now.</summary>
    public void StartAgain() => _lastChange = _firstBreak = time.GetTimestamp();

    private static (UniqueAddress, MemberStatus) Standing(Voter member) => (member.Address, member.Status);

    private void NoteAges(IReadOnlyCollection<Voter> members, long now)
    {
        foreach (var gone in _firstSeen.Keys.Except(members.Select(m => m.Address)).ToList())
        {
            _firstSeen.Remove(gone);
        }

        foreach (var member in members.Where(m => m.IsFull))
        {
            _firstSeen.TryAdd(member.Address, now);
        }
    }

    /// <summary>
    /// Whether somebody that is not reached had just begun when that was noticed. A node that starts compiles, copies
    /// sessions and is short of CPU: its silence may be longer than the others'.
    /// </summary>
    private bool HasYoung(long now) => _broken.Any(link => !_firstSeen.TryGetValue(link.Subject, out var seen)
        || time.GetElapsedTime(seen, now) - time.GetElapsedTime(_lastChange, now) < times.YoungFor);
}
