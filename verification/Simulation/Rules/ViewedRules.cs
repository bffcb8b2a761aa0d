using System.Collections.Immutable;
using Akka.Cluster;
using Pomegranate.Backend.Replication;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Judging;
using Pomegranate.Views;

namespace Pomegranate.Simulation.Rules;

/// <summary>The rules of numbered views: the shipped <see cref="ViewNode"/> decides, on each member.</summary>
internal sealed class ViewedRules : NodeRules, IViewOutput
{
    private const long Pause = 2 * Span.Second;
    private const long Stable = 1_500 * Span.Millisecond;
    private const long ReadPatience = 1 * Span.Second;

    private static readonly ReplicationOptions Options = new();

    private readonly ViewNode _node;
    private readonly ViewedSync? _sync;
    private readonly ViewedDowning _downing;
    private readonly long _pause;
    private long? _leavingSince;
    private ulong _inView;

    public ViewedRules(Process self)
        : base(self)
    {
        _pause = (long)(Pause * World.Plan.Patience[self.Host]);
        var settings = new ViewSettings(
            TimeSpan.FromMicroseconds(Pause + (Stable * 2 / 3)), Need: backends => backends - Quorum.WriteSize(Options, backends) + 1, MinimumBackends: (World.Plan.Backends / 2) + 1);
        _node = new ViewNode(self.Address, self.IsBackend, settings, this);
        _sync = self.IsBackend ? new ViewedSync(self, _node) : null;
        _downing = new ViewedDowning(self, _node, _pause, Stable);
    }

    public override long View => _node.Current?.Number ?? 0;

    public override bool IsComplete => _node.IsIn;

    public override bool IsSettled => _node.IsSettled;

    public override bool MayAnswer => World.Bug == SeededBug.LeaseIgnored || Now < _node.LeaseUntil;

    public override ulong Receivers => (Self.Members.Backends | _inView) & ~Self.Bit & ~Self.Members.Proved;

    public override ulong Voters => _inView;

    private TimeSpan Now => TimeSpan.FromMicroseconds(Self.Clock.Now);

    public override long PatienceWith(int peer) => _pause;

    public override bool Answers(int from, long view) => World.Bug == SeededBug.OtherViewsHeeded || (view == View && _node.IsIn);

    public override bool Takes(long view) => World.Bug == SeededBug.GoesOnInDoubt || view >= View;

    public override bool GivesCopy(int to, long view) => Receivers.Has(to) && view <= View;

    public override bool Heeds(int from, long view) => _inView.Has(from) && (World.Bug == SeededBug.OtherViewsHeeded || view == View);

    public override bool IsCommitted(ulong acknowledged) =>
        _node.IsIn && acknowledged.Has(Self.Id) && (acknowledged & _inView).Count() >= Quorum.WriteSize(Options, _inView.Count());

    public override bool IsRead(ulong answered, long waited)
    {
        if (!_node.IsIn || (waited < ReadPatience && (_inView & ~answered & ~Self.Members.Suspects) != 0))
        {
            return false;
        }

        return ViewRules.IsEnoughToRead(_node.Current!, World.Bug == SeededBug.OwedNotRead || _node.IsSettled, backend => answered.Has(World.IndexOf(backend)));
    }

    /// <summary>As the phase of the shutdown.</summary>
    public override bool HasWaitedToLeave => Self.Clock.Now - _leavingSince > 10 * Span.Second;

    public override bool MayLeave()
    {
        if (_leavingSince is null)
        {
            _leavingSince = Self.Clock.Now;
            _node.Leave(Now);
        }

        return HasWaitedToLeave || _node.MayLeave(Now);
    }

    public override void OnFormed()
    {
        TellMembers();
        var numbers = Self.Members.Gossip.UpNumber;
        var backends = World.Processes.Where(process => process.IsBackend).OrderBy(process => numbers[process.Id]).Select(process => process.Address).ToImmutableArray();
        var witnesses = World.Processes.Where(process => !process.IsBackend).Select(process => process.Address).ToImmutableArray();
        var first = new View(1, new Roster(backends, backends.Length - Quorum.WriteSize(Options, backends.Length) + 1), witnesses, []);
        _node.Receive(World.Processes[0].Address, new ViewProtocol.Chosen(first, TimeSpan.Zero), Now);
        _sync?.Formed(Now);
    }

    public override void OnTick()
    {
        _downing.OnTick();
        _sync?.OnTick();
        _node.Tick(Now);
    }

    public override void OnMembers()
    {
        TellMembers();
        _sync?.OnTick();
        Self.Backend?.OnRules();
    }

    public override void OnProven(Process dead) => TellMembers();

    public override void OnCopied(int from, long view) => _sync!.OnCopied(from, view);

    public override void OnMessage(Process from, object message)
    {
        var gossip = Self.Members.Gossip;
        if (message is Said said && (gossip.Full | gossip.Exiting).Has(from.Id) && !Self.Members.Proved.Has(from.Id))
        {
            _node.Receive(from.Address, said.Message, Now);
        }
    }

    void IViewOutput.Send(UniqueAddress to, ViewProtocol.IMessage message)
    {
        if (World.IndexOf(to) is var index and >= 0 && index != Self.Id)
        {
            Self.Send(index, new Said(message));
        }
    }

    void IViewOutput.Install(View view)
    {
        _inView = 0;
        foreach (var backend in view.Backends)
        {
            _inView |= Bits.Of(World.IndexOf(backend));
        }

        World.Say(Self, $"is in view {view.Number} of {World.NamesOf(_inView)}{Owed(view)}");
        World.CountView(view);
        if (Self.IsBackend)
        {
            _sync?.Installed(view);
            Self.Backend!.OnRules();
        }
    }

    void IViewOutput.Confirm(UniqueAddress backend) => Self.Backend?.Writes.SendTo(Bits.Of(World.IndexOf(backend)));

    void IViewOutput.Settle(View view)
    {
        World.Count("view settled");
        Self.Backend?.OnRules();
    }

    void IViewOutput.Lease(TimeSpan until)
    {
        if (until > Now)
        {
            Self.Backend?.OnRules();
        }
    }

    private static string Owed(View view) => view.Owed.Length == 0 ? "" : $", which owes {view.Owed.Length}";

    private void TellMembers()
    {
        var gossip = Self.Members.Gossip;
        if (!gossip.Members.Has(Self.Id))
        {
            return;
        }

        // As ViewActor: proven, downed or removed.
        var (lost, dead) = (gossip.AnyUnreachable, Self.Members.Proved | gossip.Down | gossip.Removed | (World.Bug == SeededBug.SuspectsTakenForDead ? Self.Members.Suspects : 0));
        var members = new List<ViewMember>();
        foreach (var member in ((gossip.Full | gossip.Exiting) & ~dead).All())
        {
            var process = World.Processes[member];
            members.Add(new ViewMember(process.Address, process.IsBackend, gossip.UpNumber[member], !lost.Has(member)));
        }

        var proven = new List<UniqueAddress>();
        foreach (var process in dead.All())
        {
            proven.Add(World.Processes[process].Address);
        }

        _node.SetMembers(members, proven, Now);
    }

    private sealed record Said(ViewProtocol.IMessage Message) : IRulesMessage;
}
