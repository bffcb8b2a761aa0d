using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Judging;
using Pomegranate.Views;

namespace Pomegranate.Simulation.Rules;

/// <summary>
/// What a backend copies: one that joins from all backends of the view, which already send it every write; one that is in
/// a view from so many that it holds all that the view owes.
/// </summary>
internal sealed class ViewedSync(Process self, ViewNode node)
{
    private const long Retry = 500 * Span.Millisecond;
    private const long CompareDelay = 1 * Span.Second;

    private ulong _copied;
    private ulong _copiedWhileOut;
    private bool _isComplete;
    private long _caughtUpIn;
    private long _compareAt;
    private long _lastAsk = long.MinValue / 2;

    private TimeSpan Now => TimeSpan.FromMicroseconds(self.Clock.Now);

    public void Formed(TimeSpan now)
    {
        _isComplete = true;
        node.BecomeComplete(now);
    }

    public void Installed(View view)
    {
        _copied = 0;
        _lastAsk = long.MinValue / 2;

        // Those who were there before need not look again where only newcomers have to catch up.
        var newcomers = view.Backends.Where(b => !view.Owed.Any(roster => roster.Members.Contains(b))).ToHashSet();
        var isCaughtUp = view.Owed.IsEmpty || (ViewRules.IsSettled(view, newcomers.Contains) && !newcomers.Contains(self.Address));
        _caughtUpIn = isCaughtUp ? view.Number : 0;
        _compareAt = self.Clock.Now + CompareDelay;
        if (self.World.Bug == SeededBug.CaughtUpAtOnce)
        {
            _copied = ulong.MaxValue;
        }
    }

    public void OnTick()
    {
        if (!self.Members.IsUp)
        {
            return;
        }

        if (node.Current is not { } view)
        {
            CompleteIfFirst();
            return;
        }

        var sources = BackendsOf(view);
        if (node.IsIn)
        {
            CatchUp(view, HoldersOf(view));
        }
        else if (!_isComplete)
        {
            var left = sources & self.Members.Backends & ~self.Members.Proved;
            if ((left & ~_copiedWhileOut) == 0)
            {
                _isComplete = true;
                self.World.Count("replica complete");
                self.World.Say(self, $"is complete, copied from {self.World.NamesOf(_copiedWhileOut)}");
                node.BecomeComplete(Now);
            }
            else
            {
                Ask(left & ~_copiedWhileOut, 0);
            }
        }
    }

    public void OnCopied(int from, long view)
    {
        if (view == 0)
        {
            _copiedWhileOut |= Bits.Of(from);
        }
        else if (node.Current?.Number == view)
        {
            _copied |= Bits.Of(from);
        }

        OnTick();
    }

    /// <summary>The oldest has nobody to copy from; if there is a view after all, it hears of it.</summary>
    private void CompleteIfFirst()
    {
        var oldest = Simulation.Backends.Coordinator.OldestOf(self);
        if (!_isComplete && oldest == self.Id)
        {
            _isComplete = true;
            node.BecomeComplete(Now);
        }
    }

    private void CatchUp(View view, ulong sources)
    {
        if (_caughtUpIn == view.Number || self.Clock.Now < _compareAt)
        {
            return;
        }

        var heard = _copied | self.Bit;
        if (ViewRules.IsEnoughToRead(view, isSettled: false, backend => heard.Has(self.World.IndexOf(backend))))
        {
            _caughtUpIn = view.Number;
            node.CatchUp(view.Number, Now);
            self.Backend!.OnRules();
            return;
        }

        Ask(sources & ~heard, view.Number);
    }

    private void Ask(ulong sources, long view)
    {
        if (self.Clock.Now - _lastAsk > Retry)
        {
            _lastAsk = self.Clock.Now;
            foreach (var source in (sources & ~self.Bit).All())
            {
                self.Backend!.AskForCopy(source, view);
            }
        }
    }

    /// <summary>Those of the view, and those that are about to leave and were in one that is owed.</summary>
    private ulong HoldersOf(View view)
    {
        ulong set = 0;
        foreach (var backend in self.Members.Backends.All())
        {
            set |= view.MayHold(self.World.Processes[backend].Address) ? Bits.Of(backend) : 0;
        }

        return set;
    }

    private ulong BackendsOf(View view)
    {
        ulong set = 0;
        foreach (var backend in view.Backends)
        {
            set |= Bits.Of(self.World.IndexOf(backend));
        }

        return set;
    }
}
