namespace Pomegranate.Backend.Sessions.Turns;

/// <summary>
/// Whose turn it is at a session, as a function of what happens and when: no clock, no task, no thread. Each event says
/// whose wait is over.
/// <code>
///  asks --the turn is free--> Holding --the response starts, or the end--> gone
///   |                          |   ^                                        ^
///   +--taken--> Waiting -------|---+ its turn                               |
///                  |           |                                            |
///                  |           +-- yields, is tired, another waits --+      |
///                  +-- yields, the holder is tired ------------------+--> Beside --to change something--> asks again
/// </code>
/// Tired is who has held the turn for the patience. Yielding are those that may be run again. So one that does not yield never
/// finds that others have changed the session in its turn, and none that yields keeps others waiting for long. Requests that
/// the holder has caused have turns of their own, within its: it may be waiting for them.
/// </summary>
/// <param name="patience">How long a holder is waited for by those who need not.</param>
/// <param name="timeout">How long anybody waits.</param>
/// <param name="owner">Who has caused all who stand here; null for the session's own line.</param>
internal sealed class TurnLine(TimeSpan patience, TimeSpan timeout, TurnTicket? owner = null)
{
    private readonly LinkedList<TurnTicket> _waiting = [];

    public TurnTicket? Holder { get; private set; }

    private bool IsIdle => Holder is null;

    /// <summary>When something changes by time alone; null where nothing does.</summary>
    public TimeSpan? WakeAt
    {
        get
        {
            var wake = Holder?.Inner?.WakeAt;
            if (_waiting.First is { Value: var first })
            {
                // All have the same patience, so the first has waited longest.
                wake = Earlier(wake, first.Deadline);
                if (MayBePassed(Holder!) || _waiting.Any(MayPass))
                {
                    wake = Earlier(wake, Holder!.HeldSince + patience);
                }
            }

            return wake;
        }
    }

    /// <summary>The request uses the session: it has the turn, or runs beside who has it, or waits.</summary>
    public void Use(TurnTicket ticket, TimeSpan now, List<TurnTicket> over)
    {
        if (Holder is { } holder && holder.Cause.HasCaused(ticket.Cause))
        {
            (holder.Inner ??= new TurnLine(patience, timeout, holder)).Use(ticket, now, over);
            return;
        }

        Ask(ticket, now);
        Tick(now, over);
    }

    /// <summary>The request changes the session: once it has the turn it keeps it until <see cref="Release"/>.</summary>
    public void Commit(TurnTicket ticket, TimeSpan now, List<TurnTicket> over)
    {
        ticket.IsCommitting = true;
        if (ticket.State != TurnState.Holding)
        {
            var line = ticket.Line is { IsLeft: false } its ? its : this;
            line.Ask(ticket, now);
            line.Tick(now, over);
        }
    }

    /// <summary>Time has passed.</summary>
    /// <param name="over">Gets those whose wait is over.</param>
    public void Tick(TimeSpan now, List<TurnTicket> over)
    {
        if (Holder is { } holder && _waiting.Count > 0 && now - holder.HeldSince >= patience)
        {
            if (MayBePassed(holder))
            {
                holder.State = TurnState.Beside;

                // From now on others change the session too: what it has caused is told from those no more.
                holder.IsBehind = false;
                Next(now, over);
            }

            // Behind a row of such holders nobody waits for each of them.
            End(MayPass, TurnState.Beside, over);
        }

        End(waiting => waiting.Deadline <= now, TurnState.Refused, over);
        Holder?.Inner?.Tick(now, over);
    }

    /// <summary>The request's response starts, or it ends, or it does not want to wait any more.</summary>
    public static void Release(TurnTicket ticket, TimeSpan now, List<TurnTicket> over)
    {
        if (ticket.Line is { } line)
        {
            if (ticket.IsCommitting && ticket.State == TurnState.Holding)
            {
                line.TellOwner();
            }

            line.Leave(ticket, now, over);
            ticket.State = TurnState.None;
            ticket.IsCommitting = false;
            ticket.Line = null;
        }
    }

    /// <summary>A request that has lost and has the turn now begins anew, with the turn.</summary>
    public static void HandOver(TurnTicket lost, TurnTicket again, TimeSpan now)
    {
        if (lost.Line is { } line && line.Holder == lost)
        {
            line.Hold(again, now);
            lost.State = TurnState.None;
            lost.Line = null;
        }
    }

    /// <summary>Whether its owner has the turn no more: who stood here stands in the owner's line now.</summary>
    private bool IsLeft => owner is not null && (owner.Inner != this || owner.State != TurnState.Holding || owner.Line!.IsLeft);

    private static bool MayPass(TurnTicket waiting) => waiting is { IsYielding: true, IsCommitting: false };

    private static bool MayBePassed(TurnTicket holder) =>
        holder is { IsYielding: true, IsCommitting: false } && holder.Inner is not { IsIdle: false };

    private static TimeSpan? Earlier(TimeSpan? one, TimeSpan other) => one < other ? one : other;

    private void Ask(TurnTicket ticket, TimeSpan now)
    {
        ticket.Line = this;
        if (Holder is null)
        {
            Hold(ticket, now);
        }
        else
        {
            ticket.State = TurnState.Waiting;
            ticket.Deadline = now + timeout;
            _waiting.AddLast(ticket);
        }
    }

    private void Leave(TurnTicket ticket, TimeSpan now, List<TurnTicket> over)
    {
        if (Holder == ticket)
        {
            Next(now, over);
        }
        else
        {
            _waiting.Remove(ticket);
        }
    }

    private void Next(TimeSpan now, List<TurnTicket> over)
    {
        if (Holder?.Inner is { Holder: { } heir } inner)
        {
            // What it has caused outlives its own turn, and goes on before all others.
            Holder.Inner = null;
            Adopt(heir, inner._waiting);
        }
        else if (_waiting.First is { Value: var first })
        {
            _waiting.RemoveFirst();
            Hold(first, now);
            over.Add(first);
        }
        else
        {
            Holder = null;
        }
    }

    private void Adopt(TurnTicket heir, LinkedList<TurnTicket> waiting)
    {
        Holder = heir;
        heir.Line = this;
        while (waiting.Last is { Value: var last })
        {
            waiting.RemoveLast();
            last.Line = this;
            _waiting.AddFirst(last);
        }
    }

    private void Hold(TurnTicket ticket, TimeSpan now)
    {
        Holder = ticket;
        ticket.Line = this;
        ticket.State = TurnState.Holding;
        ticket.HeldSince = now;
    }

    private void End(Func<TurnTicket, bool> condition, TurnState state, List<TurnTicket> over)
    {
        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (condition(node.Value))
            {
                _waiting.Remove(node);
                node.Value.State = state;
                over.Add(node.Value);
            }

            node = next;
        }
    }

    private void TellOwner()
    {
        for (var causer = owner; causer is not null; causer = causer.Line?.Owner)
        {
            causer.IsBehind = true;
        }
    }

    private TurnTicket? Owner => owner;
}
