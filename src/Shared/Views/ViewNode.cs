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

    private readonly ViewMembers _members;
    private readonly ViewWish _wish;
    private readonly ViewFounding _founding;
    private readonly HashSet<UniqueAddress> _caughtUp = [];

    private ViewProposal? _proposal;
    private int _round;
    private bool _isComplete;
    private TimeSpan? _proposeAt;
    private TimeSpan? _undecidedSince;
    private TimeSpan? _leftAloneAt;
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
        _members = new ViewMembers(self);
        _wish = new ViewWish(_members, settings);
        _founding = new ViewFounding(self, settings, _members);
    }

    /// <summary>The latest view that is known to be decided; null before there is one.</summary>
    public View? Current { get; private set; }

    /// <summary>Whether this node is one of the current view's backends.</summary>
    public bool IsIn => Current?.Includes(_self) == true;

    /// <summary>Whether the current view owes nothing to earlier ones, as far as this node knows.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Until when this node may answer for its sessions, by its own clock.</summary>
    public TimeSpan LeaseUntil => _leases.Until;

    // ---- what it is told by its own node ----

    /// <param name="members">Everybody in the cluster who is Up or leaving, this node included.</param>
    /// <param name="dead">Whose death is proven, or whom an operator has downed: none of them ever speaks again.</param>
    public void SetMembers(IReadOnlyCollection<ViewMember> members, IReadOnlyCollection<UniqueAddress> dead, TimeSpan now)
    {
        _members.Set(members, dead, now);
        Tick(now);
    }

    /// <summary>Whom the others are to go on without: suspected long enough, and on the side that does not go on.</summary>
    public void SetUnwanted(IReadOnlyCollection<UniqueAddress> unwanted, TimeSpan now)
    {
        _members.SetUnwanted(unwanted);
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
        _members.LetOut(_self);
        _leases.GiveUp();
        _output.Lease(_leases.Until);
        if (IsIn)
        {
            SendToBackends(WantOut.Instance);
        }

        Tick(now);
    }

    /// <summary>
    /// Whether this backend may end without taking with it what the others do not hold: they have gone on without it and hold
    /// what it knows, or there are none. Where it is alone because the others died it waits for them a while, for they
    /// are likely to be on their way back.
    /// </summary>
    public bool MayLeave(TimeSpan now)
    {
        if (!IsIn)
        {
            return Current is null || IsSettled;
        }

        return Current!.Backends.Length == 1
            && !_members.All.Any(m => m.IsBackend && !m.Address.Equals(_self))
            && !(now - _leftAloneAt < ViewSettings.ReturnWithin);
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
                proposal.Promised(from, promise.AcceptedIn, promise.Accepted, DeadFor(now), _leases.IsHeld(now));
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
                _founding.NoteKnowsNone(from, now);
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
            case WantIn when Current?.Includes(from) == false:
                _members.LetIn(from);
                break;
            case WantOut:
                _members.LetOut(from);
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
        var rest = _leases.RestOf(backend => !accept.Next.Includes(backend) && !accept.Released.Contains(backend), now);
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
        var isLeftOut = _voter.Accepted?.Includes(from) == false || _members.IsUnwanted(from) || _members.WantsOut(from) || _members.IsSuspected(from);
        if (IsIn && Current.Includes(from) && !isLeftOut && _leases.Grant(from, ask.Length, now))
        {
            _output.Send(from, new LeaseGrant(ask.Number, ask.Asked));
        }
    }

    // ---- views ----

    private void Learn(View view, TimeSpan wait, bool keepsLease, TimeSpan now)
    {
        // A cluster that was founded anew counts from what its founder knew: one who knew more may be ahead of it, with the dead.
        var isOfTheDead = Current?.Backends.All(_members.Dead.Contains) == true && !view.Backends.All(_members.Dead.Contains);
        if (Current is not null && view.Number <= Current.Number && !isOfTheDead)
        {
            return;
        }

        NoteIfLeftAlone(view, now);
        Current = view;
        _voter.Reset();
        _proposal = null;
        _round = 0;
        _proposeAt = null;
        _undecidedSince = null;
        _caughtUp.Clear();
        IsSettled = ViewRules.IsSettled(view, _caughtUp.Contains);
        _members.AreIn(view);
        _leases.Begin(wait, keepsLease, now);
        _output.Install(view);
        _output.Lease(_leases.Until);
        if (IsSettled)
        {
            _output.Settle(view);
        }

        AskForLease(now);
    }

    /// <summary>Alone in a view because others were lost, not because they have left.</summary>
    private void NoteIfLeftAlone(View view, TimeSpan now)
    {
        if (view.Backends.Length > 1)
        {
            _leftAloneAt = null;
        }
        else if (Current?.Backends.Any(b => !view.Includes(b) && !_members.WantsOut(b)) == true)
        {
            _leftAloneAt = now;
        }
    }

    /// <summary>Those who leave wait to hear it: only then do the others hold what they know.</summary>
    private void SayCaughtUp() =>
        Send(Current!.Backends.Union(_members.WantOut).Where(b => !b.Equals(_self) && !_members.Dead.Contains(b)), new CaughtUp(Current.Number));

    private void NoteCaughtUp(UniqueAddress backend)
    {
        _caughtUp.Add(backend);
        if (!IsSettled && ViewRules.IsSettled(Current!, _caughtUp.Contains))
        {
            IsSettled = true;
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
            var knowing = Current.Backends.Where(_members.IsReachable).Take(1).ToList();
            Send(knowing.Count > 0 ? knowing : _members.Others, new Which(Current.Number));
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
                if (_members.WantsOut(_self))
                {
                    SendToBackends(WantOut.Instance);
                }

                if (_caughtUp.Contains(_self) && (!IsSettled || _members.WantOut.Count > 0))
                {
                    SayCaughtUp();
                }
            }

            Propose(now);
        }
        else if (_isComplete && Current is not null && !_members.WantsOut(_self) && now - _lastAsk >= ViewSettings.LeaseInterval)
        {
            _lastAsk = now;
            SendToBackends(WantIn.Instance);
        }

        if (_isComplete && _founding.Due(Current, IsSettled, _leases.IsHeld(now), now) is { } founded)
        {
            Announce(founded, _leases.Wait(now), keepsLease: false, now);
        }
    }

    private void AskAround(TimeSpan now)
    {
        if (now - _lastQuestion >= ViewSettings.Resend)
        {
            _lastQuestion = now;
            Send(_members.Others.Where(m => !_founding.KnowsNone(m, now)), new Which(0));
        }
    }

    private void AskForLease(TimeSpan now)
    {
        if (_isBackend && IsIn)
        {
            _lastAsk = now;
        }

        if (_isBackend && IsIn && !_members.WantsOut(_self))
        {
            SendToBackends(new LeaseAsk(Current!.Number, now, _settings.LeaseLength));
            RenewLease(now);
        }
    }

    private void RenewLease(TimeSpan now)
    {
        if (_members.WantsOut(_self))
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
        if (_wish.After(Current!, IsSettled, _undecidedSince, now) is not { } wish)
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
    private int Rank() => Current!.Backends.TakeWhile(b => !b.Equals(_self)).Count(b => !_members.IsUnwanted(b) && _members.IsReachable(b));

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
            Send(proposal.Last.Voters.Where(v => !v.Equals(_self) && !_members.Dead.Contains(v) && proposal.IsAwaited(v)), new Prepare(proposal.Last, proposal.Ballot, _leases.Wait(now)));
            if (proposal.IsAwaited(_self) && _voter.Promise(proposal.Ballot))
            {
                proposal.Promised(_self, _voter.AcceptedIn, _voter.Accepted, DeadFor(now), _leases.IsHeld(now));
            }

            proposal.Consider(DeadFor(now), _leases.IsHeld(now));
        }

        if (proposal.Value is { } value)
        {
            var accept = new Accept(proposal.Last, proposal.Ballot, value, [.. _members.Released], _leases.Wait(now));
            Send(proposal.Last.Voters.Union(value.Backends).Where(v => !v.Equals(_self) && !_members.Dead.Contains(v) && proposal.IsAwaited(v)), accept);
            if (proposal.IsAwaited(_self) && _voter.Accept(proposal.Ballot, value))
            {
                _undecidedSince ??= now;
                proposal.Accepted(_self, _leases.RestOf(b => !value.Includes(b) && !_members.Released.Contains(b), now));
            }

            ConcludeIfDecided(proposal, now);
        }
    }

    private void ConcludeIfDecided(ViewProposal proposal, TimeSpan now)
    {
        if (proposal != _proposal || !proposal.IsDecided(DeadFor(now), _leases.IsHeld(now)))
        {
            return;
        }

        var view = proposal.Value!;

        // Alone after the death of all others: nobody else can serve, whose leases would have to be heard of first.
        var isAlone = view.Backends.Length == 1 && proposal.Last.Backends.All(b => b.Equals(_self) || _members.Dead.Contains(b));
        Announce(view, proposal.Wait, keepsLease: isAlone, now);
    }

    /// <summary>Without a lease the dead are gone on without only after a while: somebody may be about to say that he went on without us.</summary>
    private ImmutableHashSet<UniqueAddress> DeadFor(TimeSpan now) => _leases.IsHeld(now) || _members.IsQuiet(now) ? _members.Dead : [];

    private void Announce(View view, TimeSpan wait, bool keepsLease, TimeSpan now)
    {
        Send(_members.Others.Union(view.Backends).Where(m => !m.Equals(_self) && !_members.Dead.Contains(m)), new Chosen(view, wait));
        Learn(view, wait, keepsLease, now);
    }

    private void SendToBackends(IMessage message) => Send(Current!.Backends.Where(b => !b.Equals(_self) && !_members.Dead.Contains(b)), message);

    private void Send(IEnumerable<UniqueAddress> to, IMessage message)
    {
        foreach (var other in to)
        {
            _output.Send(other, message);
        }
    }
}
