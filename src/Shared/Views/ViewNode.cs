using System.Collections.Immutable;
using Akka.Cluster;
using static Pomegranate.Views.ViewProtocol;

namespace Pomegranate.Views;

/// <summary>
/// One member's part in the views of one app: it knows the current one, votes on the next, and, where it is a backend,
/// proposes it and holds or grants leases. Deterministic: it acts on what it is told and at what time, and on nothing else.
/// Not thread-safe.
/// </summary>
/// <remarks>
/// <code>
///   proposer             voters of the current view
///      | Prepare -------------&gt;|   promise to accept no lower ballot
///      |&lt;------------- Promise |   ... and say what was accepted
///      | Accept --------------&gt;|   stop granting leases to those who are left out
///      |&lt;------------ Accepted |   ... and say how long the last of them runs
///      | Chosen (to all members)    install; grant leases when the wait is over
/// </code>
/// Every message names the view that is to be followed, so that who has missed a decision learns it; who knows a later one
/// says so. <see cref="ViewRules"/> has the rules, with the reasons.
/// </remarks>
internal sealed class ViewNode
{
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(-36_500);

    private readonly UniqueAddress _self;
    private readonly bool _isBackend;
    private readonly ViewSettings _settings;
    private readonly IViewOutput _output;
    private readonly ViewVoter _voter = new();
    private readonly ViewLeases _leases;

    private ImmutableArray<ViewMember> _members = [];
    private ImmutableHashSet<UniqueAddress> _dead = [];
    private ImmutableHashSet<UniqueAddress> _unwanted = [];
    private readonly HashSet<UniqueAddress> _wantIn = [];
    private readonly HashSet<UniqueAddress> _wantOut = [];
    private readonly HashSet<UniqueAddress> _caughtUp = [];

    /// <summary>Who has said that it knows no view, and when; asked before one is founded.</summary>
    private readonly Dictionary<UniqueAddress, TimeSpan> _knowNone = [];

    private ViewProposal? _proposal;
    private int _round;
    private bool _isComplete;
    private bool _wasSettled;
    private TimeSpan? _proposeAt;
    private TimeSpan? _undecidedSince;
    private TimeSpan? _otherWitnessesSince;
    private TimeSpan _lastAsk = LongAgo;
    private TimeSpan _lastQuestion = LongAgo;

    /// <param name="isBackend">Whether it is a backend of the app; else it only votes and remembers.</param>
    public ViewNode(UniqueAddress self, bool isBackend, ViewSettings settings, IViewOutput output)
    {
        _self = self;
        _isBackend = isBackend;
        _settings = settings;
        _output = output;
        _leases = new ViewLeases(settings);
    }

    /// <summary>The latest view that is known to be decided; null before there is one.</summary>
    public View? Current { get; private set; }

    /// <summary>Whether this node is one of the current view's backends.</summary>
    public bool IsIn => Current?.Includes(_self) == true;

    /// <summary>Whether the current view owes nothing to earlier ones, as far as this node knows.</summary>
    public bool IsSettled => Current is { } view && ViewRules.IsSettled(view, _caughtUp.Contains);

    /// <summary>
    /// Whether this backend may end without taking with it what the others do not hold: they have gone on without it and hold
    /// what it knows, or there are none.
    /// </summary>
    public bool MayLeave => Current is null
        || (IsIn ? Current.Backends.Length == 1 && !_members.Any(m => m.IsBackend && !m.Address.Equals(_self) && !IsGone(m.Address)) : IsSettled);

    /// <summary>Until when this node may answer for its sessions, by its own clock.</summary>
    public TimeSpan LeaseUntil => _leases.Until;

    // ---- what it is told by its own node ----

    /// <param name="members">Everybody in the cluster who is Up or leaving, this node included.</param>
    /// <param name="dead">Whose death is proven, or whom an operator has downed: none of them ever speaks again.</param>
    public void SetMembers(IReadOnlyCollection<ViewMember> members, IReadOnlyCollection<UniqueAddress> dead, TimeSpan now)
    {
        _members = [.. members];
        _dead = [.. dead];
        _wantIn.RemoveWhere(m => !IsMember(m));
        _wantOut.RemoveWhere(m => !IsMember(m));
        Tick(now);
    }

    /// <summary>Whom the others are to go on without: suspected long enough, and on the side that does not go on.</summary>
    public void SetUnwanted(IReadOnlyCollection<UniqueAddress> unwanted, TimeSpan now)
    {
        _unwanted = [.. unwanted];
        Tick(now);
    }

    /// <summary>This backend's replica holds what was there to copy: it may be let into a view, or found the first.</summary>
    public void BecomeComplete(TimeSpan now)
    {
        _isComplete = true;
        Tick(now);
    }

    /// <summary>This backend holds all that was acknowledged before this view.</summary>
    public void CatchUp(long number, TimeSpan now)
    {
        if (Current?.Number == number)
        {
            NoteCaughtUp(_self);
            SayCaughtUp();
            Tick(now);
        }
    }

    /// <summary>This backend is about to end and has given its sessions away: the others are asked to go on without it.</summary>
    public void Leave(TimeSpan now)
    {
        // It has given its sessions away. So nobody need wait for the end of its lease.
        _wantOut.Add(_self);
        _leases.GiveUp();
        _output.Lease(_leases.Until);
        Tick(now);
        if (IsIn)
        {
            SendToBackends(WantOut.Instance);
        }
    }

    // ---- what it is told by others ----

    public void Receive(UniqueAddress from, IMessage message, TimeSpan now)
    {
        switch (message)
        {
            case Prepare prepare:
                OnPrepare(from, prepare, now);
                break;
            case Promise promise when Current?.Number + 1 == promise.Number && _proposal is { } proposal && proposal.Ballot == promise.Ballot:
                proposal.Promised(from, promise.AcceptedIn, promise.Accepted, _dead, _leases.IsHeld(now));
                Pursue(proposal, now);
                break;
            case Accept accept:
                OnAccept(from, accept, now);
                break;
            case Accepted accepted when Current?.Number + 1 == accepted.Number && _proposal is { } proposal && proposal.Ballot == accepted.Ballot:
                proposal.Accepted(from, accepted.Rest);
                ConcludeIfDecided(proposal, now);
                break;
            case Refused refused when Current?.Number + 1 == refused.Number:
                _round = Math.Max(_round, refused.Promised.Round);
                if (_proposal?.Ballot < refused.Promised)
                {
                    // Another proposer's turn. Not at once again, nor when it does: two could hinder each other for ever.
                    _proposal = null;
                    _proposeAt = now + (ViewSettings.Turn * (1 + Current!.Backends.IndexOf(_self)));
                }

                break;
            case Chosen chosen:
                Learn(chosen.View, chosen.Wait, keepsLease: false, now);
                break;
            case Which which:
                if (!TellIfBehind(from, which.Number, now))
                {
                    _output.Send(from, new NoNewer(Current?.Number ?? 0));
                }

                break;
            case NoNewer { Number: 0 }:
                _knowNone[from] = now;
                break;
            case LeaseAsk ask:
                OnLeaseAsk(from, ask, now);
                break;
            case LeaseGrant grant when grant.Number == Current?.Number:
                if (_leases.Granted(from, grant.Asked))
                {
                    _output.Confirm(from);
                }

                RenewLease(now);
                break;
            case CaughtUp caughtUp when caughtUp.Number == Current?.Number:
                NoteCaughtUp(from);
                break;
            case WantIn when IsMember(from) && Current?.Includes(from) == false:
                _wantIn.Add(from);
                break;
            case WantOut:
                _wantOut.Add(from);
                _leases.Release(from);
                break;
        }

        Tick(now);
    }

    private void OnPrepare(UniqueAddress from, Prepare prepare, TimeSpan now)
    {
        if (IsVoteOn(from, prepare.Last, prepare.Wait, now))
        {
            var number = prepare.Last.Number + 1;
            _output.Send(from, _voter.Promise(prepare.Ballot)
                ? new Promise(number, prepare.Ballot, _voter.AcceptedIn, _voter.Accepted)
                : new Refused(number, _voter.Promised));
        }
    }

    private void OnAccept(UniqueAddress from, Accept accept, TimeSpan now)
    {
        if (!IsVoteOn(from, accept.Last, accept.Wait, now))
        {
            return;
        }

        var number = accept.Last.Number + 1;
        if (!_voter.Accept(accept.Ballot, accept.Next))
        {
            _output.Send(from, new Refused(number, _voter.Promised));
            return;
        }

        _undecidedSince ??= now;
        var rest = _leases.RestOf(backend => !accept.Next.Includes(backend) && !accept.Dead.Contains(backend), now);
        _output.Send(from, new Accepted(number, accept.Ballot, rest));
    }

    /// <summary>Whether this node may vote on what follows that view: it may have to learn of the view first, or tell of a later one.</summary>
    private bool IsVoteOn(UniqueAddress from, View last, TimeSpan wait, TimeSpan now)
    {
        Learn(last, wait, keepsLease: false, now);
        return !TellIfBehind(from, last.Number, now) && Current!.Number == last.Number;
    }

    private bool TellIfBehind(UniqueAddress other, long number, TimeSpan now)
    {
        if (Current is null || Current.Number <= number)
        {
            return false;
        }

        _output.Send(other, new Chosen(Current, _leases.Wait(now)));
        if (IsIn && Current.Includes(other))
        {
            // It could not grant a lease before.
            _output.Send(other, new LeaseAsk(Current.Number, now, _settings.LeaseLength));
        }

        return true;
    }

    private void OnLeaseAsk(UniqueAddress from, LeaseAsk ask, TimeSpan now)
    {
        if (TellIfBehind(from, ask.Number, now))
        {
            return;
        }

        if (Current is null || Current.Number < ask.Number)
        {
            _output.Send(from, new Which(Current?.Number ?? 0));
            return;
        }

        // Who is suspected may be the one that is left out: what it is granted now, the next view would have to wait for.
        var isLeftOut = _voter.Accepted?.Includes(from) == false || _unwanted.Contains(from) || _wantOut.Contains(from) || IsSuspected(from);
        if (IsIn && Current.Includes(from) && !isLeftOut && _leases.Grant(from, ask.Length, now))
        {
            _output.Send(from, new LeaseGrant(ask.Number, ask.Asked));
        }
    }

    // ---- views ----

    private void Learn(View view, TimeSpan wait, bool keepsLease, TimeSpan now)
    {
        // A cluster that was founded anew counts from what its founder knew: one who knew more may be ahead of it, with the dead.
        var isOfTheDead = Current?.Backends.All(_dead.Contains) == true && !view.Backends.All(_dead.Contains);
        if (Current is not null && view.Number <= Current.Number && !isOfTheDead)
        {
            return;
        }

        Current = view;
        _voter.Reset();
        _proposal = null;
        _round = 0;
        _proposeAt = null;
        _undecidedSince = null;
        _otherWitnessesSince = null;
        _wasSettled = false;
        _caughtUp.Clear();
        _wantIn.RemoveWhere(view.Includes);
        _leases.Begin(wait, keepsLease, now);
        _output.Install(view);
        _output.Lease(_leases.Until);
        SettleIfDone();
        AskForLease(now);
    }

    /// <summary>Those who leave wait to hear it: only then do the others hold what they know.</summary>
    private void SayCaughtUp() =>
        Send(Current!.Backends.Union(_wantOut).Where(b => !b.Equals(_self) && !_dead.Contains(b)), new CaughtUp(Current.Number));

    private void NoteCaughtUp(UniqueAddress backend)
    {
        _caughtUp.Add(backend);
        SettleIfDone();
    }

    private void SettleIfDone()
    {
        if (!_wasSettled && IsSettled)
        {
            _wasSettled = true;
            _output.Settle(Current!);
        }
    }

    // ---- time ----

    /// <summary>To be called now and then, some ten times a second, and after each news.</summary>
    public void Tick(TimeSpan now)
    {
        if (Current is null)
        {
            AskAround(now);
        }
        else if (!IsIn && now - _lastQuestion >= ViewSettings.Resend * 10)
        {
            // Who is in a view asks for leases, and so learns of the next.
            _lastQuestion = now;
            var knowing = Current.Backends.Where(b => IsReachable(b) && !_dead.Contains(b)).Take(1).ToList();
            Send(knowing.Count > 0 ? knowing : Others(), new Which(Current.Number));
        }

        if (!_isBackend)
        {
            return;
        }

        if (IsIn)
        {
            RenewLease(now);
            if (now - _lastAsk >= ViewSettings.LeaseInterval)
            {
                AskForLease(now);
                if (_wantOut.Contains(_self))
                {
                    SendToBackends(WantOut.Instance);
                }

                if (_caughtUp.Contains(_self) && (!IsSettled || _wantOut.Count > 0))
                {
                    SayCaughtUp();
                }
            }

            Propose(now);
        }
        else if (_isComplete && Current is not null && !_wantOut.Contains(_self) && now - _lastAsk >= ViewSettings.LeaseInterval)
        {
            _lastAsk = now;
            SendToBackends(WantIn.Instance);
        }

        FoundIfDue(now);
    }

    private void AskAround(TimeSpan now)
    {
        if (now - _lastQuestion >= ViewSettings.Resend)
        {
            _lastQuestion = now;
            Send(Others().Where(m => !KnowsNone(m, now)), new Which(0));
        }
    }

    private void AskForLease(TimeSpan now)
    {
        if (_isBackend && IsIn)
        {
            _lastAsk = now;
        }

        if (_isBackend && IsIn && !_wantOut.Contains(_self))
        {
            SendToBackends(new LeaseAsk(Current!.Number, now, _settings.LeaseLength));
            RenewLease(now);
        }
    }

    private void RenewLease(TimeSpan now)
    {
        if (_wantOut.Contains(_self))
        {
            return;
        }

        var before = _leases.Until;
        _leases.Renew(Current!, _self, now);
        if (_leases.Until != before)
        {
            _output.Lease(_leases.Until);
        }
    }

    // ---- proposing ----

    private void Propose(TimeSpan now)
    {
        if (Wish(now) is not { } wish)
        {
            (_proposal, _proposeAt) = (null, null);
            return;
        }

        _proposeAt ??= now + (ViewSettings.Turn * Rank());
        if (_proposal is not { } proposal)
        {
            if (now >= _proposeAt)
            {
                Begin(wish, now);
            }
        }
        else if (!SameBackends(proposal.Wish, wish) && (proposal.Value is null || proposal.Value == proposal.Wish))
        {
            Begin(wish, now);
        }
        else if (now - proposal.SentAt >= ViewSettings.Resend)
        {
            Pursue(proposal, now);
        }
    }

    private static bool SameBackends(View a, View b) => a.Roster.HasSameMembersAs(b.Backends);

    /// <summary>How many of the view's backends are to propose before this one.</summary>
    private int Rank() => Current!.Backends.TakeWhile(b => !b.Equals(_self)).Count(b => !_dead.Contains(b) && !_unwanted.Contains(b) && IsReachable(b));

    /// <summary>What should follow the current view; null where it is as it should be, or nothing can.</summary>
    private View? Wish(TimeSpan now)
    {
        var view = Current!;
        var candidates = _members.Where(m => m.IsBackend && !view.Includes(m.Address) && _wantIn.Contains(m.Address)).OrderBy(m => m.UpNumber);
        var backends = view.Backends.Concat(candidates.Select(m => m.Address)).Where(b => !IsOut(b)).ToList();
        var leaving = new Stack<UniqueAddress>(view.Backends.Where(b => _wantOut.Contains(b) && !_unwanted.Contains(b) && !IsGone(b)));

        // Those who want to leave stay until the others know what they know.
        while (backends.Count == 0 || OwedBy(backends).Any(roster => !roster.IsKnownTo(backends.Contains)))
        {
            if (!leaving.TryPop(out var stays))
            {
                return null;
            }

            backends.Add(stays);
        }

        var witnesses = _members.Select(m => m.Address).Where(m => !backends.Contains(m) && !IsOut(m)).ToImmutableArray();
        _otherWitnessesSince = view.Witnesses.ToHashSet().SetEquals(witnesses) || _members.Any(m => !m.IsReachable) ? null : _otherWitnessesSince ?? now;
        if (view.Roster.HasSameMembersAs(backends) && !IsLongAgo(_undecidedSince) && !IsLongAgo(_otherWitnessesSince))
        {
            return null;
        }

        return new View(view.Number + 1, new Roster([.. backends], _settings.Need(backends.Count)), witnesses, OwedBy(backends));

        ImmutableArray<Roster> OwedBy(List<UniqueAddress> next) => ViewRules.OwedAfter(view, IsSettled, next, IsGone);

        bool IsLongAgo(TimeSpan? since) => now - since >= ViewSettings.RenewAfter;
    }

    private bool IsOut(UniqueAddress member) => IsGone(member) || _unwanted.Contains(member) || _wantOut.Contains(member);

    private void Begin(View wish, TimeSpan now)
    {
        _round++;
        _proposal = new ViewProposal(Current!, new Ballot(_round, _self), wish);
        Pursue(_proposal, now);
    }

    /// <summary>Asks those who have not answered. This node answers itself at once.</summary>
    private void Pursue(ViewProposal proposal, TimeSpan now)
    {
        proposal.SentAt = now;
        if (proposal.Value is null)
        {
            Send(proposal.Last.Voters.Where(v => !v.Equals(_self) && !_dead.Contains(v) && proposal.IsAwaited(v)), new Prepare(proposal.Last, proposal.Ballot, _leases.Wait(now)));
            if (proposal.IsAwaited(_self) && _voter.Promise(proposal.Ballot))
            {
                proposal.Promised(_self, _voter.AcceptedIn, _voter.Accepted, _dead, _leases.IsHeld(now));
            }
        }

        if (proposal.Value is { } value)
        {
            var accept = new Accept(proposal.Last, proposal.Ballot, value, [.. _dead], _leases.Wait(now));
            Send(proposal.Last.Voters.Union(value.Backends).Where(v => !v.Equals(_self) && !_dead.Contains(v) && proposal.IsAwaited(v)), accept);
            if (proposal.IsAwaited(_self) && _voter.Accept(proposal.Ballot, value))
            {
                _undecidedSince ??= now;
                proposal.Accepted(_self, _leases.RestOf(b => !value.Includes(b) && !_dead.Contains(b), now));
            }

            ConcludeIfDecided(proposal, now);
        }
    }

    private void ConcludeIfDecided(ViewProposal proposal, TimeSpan now)
    {
        if (proposal != _proposal || !proposal.IsDecided(_dead, _leases.IsHeld(now)))
        {
            return;
        }

        var view = proposal.Value!;

        // Alone after the death of all others: nobody else can serve, whose leases would have to be heard of first.
        var isAlone = view.Backends.Length == 1 && proposal.Last.Backends.All(b => b.Equals(_self) || _dead.Contains(b));
        Announce(view, proposal.Wait, keepsLease: isAlone, now);
    }

    private void Announce(View view, TimeSpan wait, bool keepsLease, TimeSpan now)
    {
        Send(Others().Union(view.Backends).Where(m => !m.Equals(_self) && !_dead.Contains(m)), new Chosen(view, wait));
        Learn(view, wait, keepsLease, now);
    }

    /// <summary>
    /// Where nobody is left who could vote, a view is founded: by the one backend that is left of the last one, or, where
    /// none is or there never was one, by the oldest whose replica is complete.
    /// </summary>
    private void FoundIfDue(TimeSpan now)
    {
        var backends = _members.Where(m => m.IsBackend && !_dead.Contains(m.Address)).ToList();
        if (!_isComplete || backends.Count < _settings.MinimumBackends || _wantOut.Contains(_self))
        {
            return;
        }

        ImmutableArray<Roster> owed = IsIn ? ViewRules.OwedAfter(Current!, IsSettled, [_self], IsGone) : [];
        var isLast = IsIn && Current!.Backends.Length > 1 && !_leases.IsHeld(now) && Current.Backends.All(b => b.Equals(_self) || IsGone(b))
            && owed.All(roster => roster.IsKnownTo(_self.Equals));
        var isFirst = (Current is null ? Others().All(m => KnowsNone(m, now) || _dead.Contains(m)) : IsLost(Current))
            && backends.MinBy(m => m.UpNumber)?.Address.Equals(_self) == true;
        if (!isLast && !isFirst)
        {
            return;
        }

        var witnesses = _members.Select(m => m.Address).Where(m => !m.Equals(_self) && !_dead.Contains(m)).ToImmutableArray();
        Announce(new View((Current?.Number ?? 0) + 1, new Roster([_self], 1), witnesses, owed), _leases.Wait(now), keepsLease: false, now);
    }

    // ---- members ----

    /// <summary>It never speaks again: it is dead, or those who downed it go on without it.</summary>
    private bool IsGone(UniqueAddress address) => _dead.Contains(address) || !IsMember(address);

    /// <summary>None of its backends is left.</summary>
    private bool IsLost(View view) => view.Backends.All(IsGone);

    private bool KnowsNone(UniqueAddress member, TimeSpan now) =>
        _knowNone.TryGetValue(member, out var said) && now - said < ViewSettings.RenewAfter;

    private bool IsMember(UniqueAddress address) => _members.Any(m => m.Address.Equals(address));

    private bool IsReachable(UniqueAddress address) => _members.Any(m => m.Address.Equals(address) && m.IsReachable);

    private bool IsSuspected(UniqueAddress address) => _members.Any(m => m.Address.Equals(address) && !m.IsReachable);

    private IEnumerable<UniqueAddress> Others() => _members.Select(m => m.Address).Where(m => !m.Equals(_self));

    private void SendToBackends(IMessage message) => Send(Current!.Backends.Where(b => !b.Equals(_self) && !_dead.Contains(b)), message);

    private void Send(IEnumerable<UniqueAddress> to, IMessage message)
    {
        foreach (var other in to)
        {
            _output.Send(other, message);
        }
    }
}
