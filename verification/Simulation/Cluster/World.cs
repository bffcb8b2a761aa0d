using Akka.Cluster;
using Pomegranate.Backend.Sharding;
using Pomegranate.Backend.State;
using Pomegranate.Simulation.Core;
using Pomegranate.Simulation.Frontends;
using Pomegranate.Simulation.Judging;
using Pomegranate.Simulation.Plans;
using Pomegranate.Simulation.Rules;
using Pomegranate.Simulation.Stories;
using Pomegranate.Views;

namespace Pomegranate.Simulation.Cluster;

/// <summary>One schedule while it runs: virtual time, the processes, the network, the clients.</summary>
internal sealed class World
{
    private readonly EventQueue<Event> _events = new();
    private readonly Process?[] _running;
    private readonly int[] _incarnations;
    private readonly long[] _restartDelay;
    private readonly Func<Process, NodeRules> _makeRules;
    private readonly Rng _chance;
    private readonly double[] _scores;
    private readonly Dictionary<UniqueAddress, int> _indexes = [];
    private readonly HashSet<View> _views = new(ReferenceEqualityComparer.Instance);

    public World(Plan plan, RuleSet rules, SeededBug bug, Story? story)
    {
        (Plan, Rules, Bug, Story) = (plan, rules, bug, story);
        _makeRules = rules.Make;
        _chance = new Rng(Rng.Mix(plan.Seed, 2));
        _running = new Process?[plan.Hosts];
        _incarnations = new int[plan.Hosts];
        _restartDelay = new long[plan.Hosts];
        Array.Fill(_restartDelay, Span.Second);
        Disks = new SessionBucket?[plan.Hosts];
        _scores = new double[plan.Clients.Count * plan.Hosts];
        Network = new Network(plan);
        Sessions = new SessionTable(plan.Clients.Count);
        Oracle = new Oracle(this);
        Clients = new Clients(this);
    }

    public Plan Plan { get; }

    public RuleSet Rules { get; }

    public SeededBug Bug { get; }

    /// <summary>
    /// Whether a home makes its session its own before it does anything. Claims keep the harm of some other bugs small: those are shown
    /// without, and without second homes, which need claims.
    /// </summary>
    public bool HasClaims => Bug is not (SeededBug.TwoHomesWrite or SeededBug.GoesOnInDoubt or SeededBug.OwedNotRead or SeededBug.CaughtUpAtOnce);

    public bool HasSecondHomes => HasClaims || Bug == SeededBug.TwoHomesWrite;

    public Story? Story { get; }

    public Network Network { get; }

    public SessionTable Sessions { get; }

    public Oracle Oracle { get; }

    public Clients Clients { get; }

    public Coverage Coverage { get; } = new();

    public List<Process> Processes { get; } = [];

    /// <summary>What each host has on disk, where there are disks.</summary>
    public SessionBucket?[] Disks { get; }

    /// <summary>µs since the beginning.</summary>
    public long Now { get; private set; }

    public ulong BackendBits { get; private set; }

    /// <summary>The backends of the last view that was decided; none where the rules know no views.</summary>
    public ulong LastView { get; private set; }

    public ulong EverInView { get; private set; }

    public bool IsOver { get; set; }

    public IEnumerable<Process> Running => _running.OfType<Process>();

    public long Events { get; private set; }

    public Process? RunningAt(int host) => _running[host];

    public NodeRules MakeRules(Process process) => _makeRules(process);

    public long RestartDelay(int host) => _restartDelay[host];

    public void SetRestartDelay(int host, long delay) => _restartDelay[host] = delay;

    public void At(long at, Action what) => _events.Add(at, new Event(null, null, what));

    public void Deliver(long delay, Process from, Process to, object message) => _events.Add(Now + delay, new Event(to, from, message));

    public void RunUntil(long end)
    {
        while (_events.Count > 0 && !IsOver)
        {
            var next = _events.Take();
            if (next.At > end)
            {
                Now = end;
                return;
            }

            Now = Math.Max(Now, next.At);
            var (to, from, message) = next.What;
            if (to is null)
            {
                ((Action)message)();
            }
            else if (to.HangsUntil > Now)
            {
                _events.PutOff(next, to.HangsUntil);
            }
            else if (!to.IsGone)
            {
                Events++;
                to.Receive(from!, message);
            }
        }
    }

    public Process Begin(int host)
    {
        var process = new Process(this, Processes.Count, host, ++_incarnations[host], _chance.Between(0, 1000 * Span.Second));
        Processes.Add(process);
        _indexes.Add(process.Address, process.Id);
        _running[host] = process;
        if (process.IsBackend)
        {
            BackendBits |= process.Bit;
            if (Plan.HasDisks && Disks[host] is { } content)
            {
                process.Backend!.Replica.Load(content);
            }
        }

        process.Start();
        return process;
    }

    public void Start(int host)
    {
        if (_running[host] is null && Processes.Count < Gossip.Most)
        {
            var process = Begin(host);
            Say(process, "starts");
        }
    }

    /// <param name="restartAfter">Negative: it is not started again.</param>
    public void End(Process process, bool isProvable, long restartAfter, string how)
    {
        if (process.IsGone)
        {
            return;
        }

        Say(process, how);
        Oracle.BeforeEnd(process);
        process.Gone();
        process.IsProvable = isProvable;
        process.HangsUntil = 0;
        _running[process.Host] = null;
        if (process.IsBackend)
        {
            Disks[process.Host] = process.Backend!.Replica.Bucket;
        }

        foreach (var other in Running)
        {
            if (isProvable && Network.IsOpenBothWays(other.Host, process.Host))
            {
                Deliver(process.Chance.Between(1 * Span.Millisecond, 250 * Span.Millisecond), other, other, new Messages.DeathProven(process.Id));
            }
        }

        if (process.Gateway is not null)
        {
            Clients.FrontendGone(process);
        }

        if (restartAfter >= 0)
        {
            At(Now + restartAfter, () =>
            {
                process.IsProvable = true;
                Start(process.Host);
            });
        }
    }

    public int LowestAddress(ulong set)
    {
        var best = -1;
        foreach (var index in set.All())
        {
            if (best < 0 || Processes[index].Host < Processes[best].Host
                || (Processes[index].Host == Processes[best].Host && Processes[index].Incarnation < Processes[best].Incarnation))
            {
                best = index;
            }
        }

        return best;
    }

    /// <summary>How well a host suits a shard: the shipped hash, computed once.</summary>
    public double ScoreOf(int shard, int host)
    {
        var index = (shard * Plan.Hosts) + host;
        if (_scores[index] == 0)
        {
            _scores[index] = RendezvousHash.Score(shard.ToString(System.Globalization.CultureInfo.InvariantCulture), Plan.Names[host], 1);
        }

        return _scores[index];
    }

    /// <summary>-1 for one that never was.</summary>
    public int IndexOf(UniqueAddress address) => _indexes.GetValueOrDefault(address, -1);

    public void CountView(View view)
    {
        // All begin with one, each with its own copy.
        if (Now == 0 ? LastView == 0 : _views.Add(view))
        {
            if (Now > 0 && view.Backends.Length == 1 && view.Owed.IsEmpty)
            {
                Oracle.Founded(Processes[IndexOf(view.Backends[0])], LastView);
            }

            // Of two that are founded apart the later one: whoever loses by that is found.
            LastView = 0;
            foreach (var backend in view.Backends)
            {
                LastView |= Bits.Of(IndexOf(backend));
            }

            EverInView |= LastView;

            Count($"view of {view.Backends.Length}{(view.Owed.Length > 0 ? " that owes" : "")}");
        }
    }

    public string NamesOf(ulong set)
    {
        var names = new List<string>();
        foreach (var index in set.All())
        {
            names.Add(Processes[index].Name);
        }

        return names.Count == 0 ? "nobody" : string.Join(", ", names);
    }

    public void Count(string transition) => Coverage.Count(transition);

    public void Say(Process who, string what) => Story?.Add(Now, who.Name, what);

    public void Say(Process who, int session, string what) => Story?.Add(Now, who.Name, what, session);

    public void SaySuspects(Process who, ulong before, ulong after)
    {
        if (Story is not null)
        {
            var (more, less) = (after & ~before, before & ~after);
            Say(who, (more != 0 ? $"does not reach {NamesOf(more)}" : "") + (more != 0 && less != 0 ? "; " : "") + (less != 0 ? $"reaches {NamesOf(less)} again, or it is gone" : ""));
        }
    }

    private readonly record struct Event(Process? To, Process? From, object Message);
}
