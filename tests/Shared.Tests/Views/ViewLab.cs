using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Views;

namespace Pomegranate.Shared.Tests.Views;

/// <summary>View nodes without a network: messages arrive at once, unless the two cannot reach each other; time is told.</summary>
internal sealed class ViewLab
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<string, Node> _nodes = [];
    private readonly Queue<(Node From, UniqueAddress To, ViewProtocol.IMessage Message)> _mail = [];
    private readonly HashSet<UniqueAddress> _dead = [];
    private readonly HashSet<(string, string)> _cut = [];
    private int _lastUp;

    /// <param name="names">Those that begin with <c>backend</c> are backends whose replicas are complete.</param>
    public ViewLab(params string[] names) : this(1, names)
    {
    }

    public ViewLab(int minimum, params string[] names)
    {
        Minimum = minimum;
        foreach (var name in names)
        {
            Join(name);
        }
    }

    public static TimeSpan LeaseLength { get; } = TimeSpan.FromSeconds(3);

    public int Minimum { get; }

    /// <summary>Whether backends hold, a moment after they are in a view, all that was acknowledged before it.</summary>
    public bool CatchesUp { get; set; } = true;

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    public Node this[string name] => _nodes[name];

    public IEnumerable<Node> Alive => _nodes.Values.Where(n => !_dead.Contains(n.Address));

    public static UniqueAddress AddressOf(string name) => new(new Address("akka.tcp", "test", name, 1), name.GetHashCode(StringComparison.Ordinal));

    public Node Join(string name)
    {
        var node = new Node(this, name, ++_lastUp);
        _nodes[name] = node;
        TellMembers();
        return node;
    }

    /// <summary>Its death is proven to everybody at once.</summary>
    public void Kill(string name)
    {
        _dead.Add(AddressOf(name));
        TellMembers();
    }

    /// <summary>Nothing passes between the two sides, either way.</summary>
    public void Cut(string[] side, string[] other)
    {
        _cut.UnionWith(side.SelectMany(a => other.SelectMany(b => new[] { (a, b), (b, a) })));
        TellMembers();
    }

    /// <summary>What one sends the other does not arrive, and nobody has noticed yet.</summary>
    public void Lose(string from, string to) => _cut.Add((from, to));

    public void Heal()
    {
        _cut.Clear();
        foreach (var node in Alive)
        {
            node.View.SetUnwanted([], Now);
        }

        TellMembers();
    }

    /// <summary>Each of these nodes wants to go on without the others.</summary>
    public void GoOnWithout(string[] side, params string[] unwanted)
    {
        foreach (var name in side)
        {
            this[name].View.SetUnwanted([.. unwanted.Select(AddressOf)], Now);
        }
    }

    public void Pass(double seconds)
    {
        for (var end = Now + TimeSpan.FromSeconds(seconds); Now < end;)
        {
            Now += Step;
            foreach (var node in Alive)
            {
                node.View.Tick(Now);
                if (CatchesUp && node.View is { IsIn: true, IsSettled: false })
                {
                    node.View.CatchUp(node.View.Current!.Number, Now);
                }
            }

            Deliver();
        }
    }

    /// <summary>What each living node takes for the current view, once.</summary>
    public string[] ViewOf(string name) => [.. (this[name].View.Current?.Backends ?? []).Select(b => b.Address.Host!)];

    /// <summary>Who answers for its sessions at this moment.</summary>
    public string[] Serving => [.. Alive.Where(n => n.LeaseUntil > Now).Select(n => n.Name).Order(StringComparer.Ordinal)];

    private void TellMembers()
    {
        foreach (var node in Alive)
        {
            node.View.SetMembers(
                [.. _nodes.Values.Where(m => !_dead.Contains(m.Address)).Select(m => new ViewMember(m.Address, m.IsBackend, m.UpNumber, !_cut.Contains((node.Name, m.Name))))],
                _dead,
                Now);
        }

        Deliver();
    }

    private void Deliver()
    {
        while (_mail.TryDequeue(out var mail))
        {
            var to = _nodes.Values.Single(n => n.Address.Equals(mail.To));
            if (!_dead.Contains(mail.To) && !_dead.Contains(mail.From.Address) && !_cut.Contains((mail.From.Name, to.Name)))
            {
                to.View.Receive(mail.From.Address, mail.Message, Now);
            }
        }
    }

    /// <summary>A node, and what its view node has said.</summary>
    internal sealed class Node : IViewOutput
    {
        private readonly ViewLab _lab;

        public Node(ViewLab lab, string name, int upNumber)
        {
            _lab = lab;
            (Name, UpNumber, Address, IsBackend) = (name, upNumber, AddressOf(name), name.StartsWith("backend", StringComparison.Ordinal));
            View = new ViewNode(Address, IsBackend, new ViewSettings(LeaseLength, n => n - (n / 2), lab.Minimum), this);
            if (IsBackend)
            {
                View.BecomeComplete(lab.Now);
            }
        }

        public string Name { get; }

        public int UpNumber { get; }

        public UniqueAddress Address { get; }

        public bool IsBackend { get; }

        public ViewNode View { get; }

        public TimeSpan LeaseUntil { get; private set; } = TimeSpan.MinValue;

        public List<View> Installed { get; } = [];

        public List<View> Settled { get; } = [];

        public void Send(UniqueAddress to, ViewProtocol.IMessage message) => _lab._mail.Enqueue((this, to, message));

        public void Install(View view) => Installed.Add(view);

        public void Confirm(UniqueAddress backend)
        {
        }

        public void Settle(View view) => Settled.Add(view);

        public void Lease(TimeSpan until) => LeaseUntil = until;
    }
}
