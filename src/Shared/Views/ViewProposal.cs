using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>One attempt of a proposer: first it learns what may have been decided already, then it has a view accepted.</summary>
/// <param name="last">The view that is to be followed.</param>
/// <param name="wish">What the proposer would have.</param>
internal sealed class ViewProposal(View last, Ballot ballot, View wish)
{
    private readonly Dictionary<UniqueAddress, (Ballot In, View? View)> _promises = [];
    private readonly Dictionary<UniqueAddress, TimeSpan> _accepted = [];

    public View Last { get; } = last;

    public Ballot Ballot { get; } = ballot;

    public View Wish { get; } = wish;

    /// <summary>What is to be accepted; null while it is not known what may have been decided.</summary>
    public View? Value { get; private set; }

    public TimeSpan SentAt { get; set; }

    /// <summary>Who has not answered the question that is under way.</summary>
    public bool IsAwaited(UniqueAddress voter) => Value is null ? !_promises.ContainsKey(voter) : !_accepted.ContainsKey(voter);

    /// <summary>A promise: with enough of them the value is fixed.</summary>
    public void Promised(UniqueAddress voter, Ballot acceptedIn, View? accepted, IReadOnlySet<UniqueAddress> dead, bool holdsLease)
    {
        _promises[voter] = (acceptedIn, accepted);
        Consider(dead, holdsLease);
    }

    /// <summary>Whether those who have promised are enough by now.</summary>
    public void Consider(IReadOnlySet<UniqueAddress> dead, bool holdsLease)
    {
        if (Value is null && ViewRules.Decide(Last, _promises.Keys.ToHashSet(), dead, holdsLease))
        {
            Value = MayBeDecided() ?? (Wish.Owed.All(roster => roster.IsKnownTo(IsPresent)) ? Wish : null);
        }
    }

    /// <summary>Whether it has answered, and stays. One who joins has not been asked so far.</summary>
    private bool IsPresent(UniqueAddress backend) => Wish.Includes(backend) && (_promises.ContainsKey(backend) || !Last.Includes(backend));

    /// <summary>
    /// The view accepted in the highest ballot, if it may have been decided: by those who have accepted it and those who
    /// have not answered. What a lost minority had accepted decides nothing, nor does an earlier attempt of this proposer's
    /// own: it alone could have announced it, and has not.
    /// </summary>
    private View? MayBeDecided()
    {
        var highest = _promises.Values.Where(p => p.View is not null).OrderByDescending(p => p.In).FirstOrDefault();
        if (highest.View is null || highest.In.Proposer!.Equals(Ballot.Proposer))
        {
            return null;
        }

        var maybe = Last.Voters.Where(v => !_promises.TryGetValue(v, out var promise) || promise.In == highest.In).ToHashSet();
        return ViewRules.MayHaveDecided(Last, maybe) ? highest.View : null;
    }

    /// <param name="rest">How long the voter is still bound to those who are left out.</param>
    public void Accepted(UniqueAddress voter, TimeSpan rest) => _accepted[voter] = rest;

    /// <summary>
    /// Whether it is decided. A wish of one's own must also have been accepted by backends that stay and know every
    /// acknowledged write; another's, which may be decided already, is not asked.
    /// </summary>
    public bool IsDecided(IReadOnlySet<UniqueAddress> dead, bool holdsLease) =>
        Value is not null
        && ViewRules.Decide(Last, _accepted.Keys.ToHashSet(), dead, holdsLease)
        && (Value != Wish || Value.Owed.All(roster => roster.IsKnownTo(b => _accepted.ContainsKey(b) && Value.Includes(b))));

    /// <summary>How long leases of the last view may run on.</summary>
    public TimeSpan Wait => _accepted.Values.DefaultIfEmpty(TimeSpan.Zero).Max();
}
