using System.Globalization;

namespace Pomegranate.Campaign.Nodes;

/// <summary>
/// A network of its own for each node: a namespace with one interface on a common bridge, so that any node's packets
/// can be kept from any other. Linux, root, and iproute2 (<c>ip</c>, <c>ss</c>); nothing else.
/// </summary>
/// <remarks>
/// What a node must not hear is dropped by a routing rule on arrival, in its own namespace, before the kernel looks
/// whether the packet is for it. The sender notices nothing: that is what a partition is. Clients and management come
/// from outside, through the bridge's own address, and are never cut. Not iptables or tc: they are not everywhere.
/// </remarks>
internal sealed class NetworkLab : IDisposable
{
    // The rule "local" is 0; it moves behind ours.
    private const int LocalRule = 1000;
    private const int FirstCutRule = 100;

    private readonly Lock _lock = new();
    private readonly string _name = LabNames.Own;
    private readonly string _subnet;
    private readonly IReadOnlyList<string> _nodes;
    private readonly Dictionary<(string From, string To), int> _cuts = [];

    public NetworkLab(IReadOnlyList<string> nodes)
    {
        _nodes = nodes;
        RemoveOrphans();
        // Two campaigns that begin in the same moment would both find the same subnet free.
        using var alone = MachineLock.Take("subnets");
        _subnet = FreeSubnet();
        try
        {
            Ip($"link add {_name} type bridge\naddr add {_subnet}.1/24 dev {_name}\nlink set {_name} up");
            if (LabNames.IsInstalled("iptables"))
            {
                // Docker has bridges filtered as routers are, and drops what is not its own: nodes would not meet.
                Command.Try("iptables", ["-I", .. ThroughBridge(_name)]);
            }

            foreach (var node in nodes)
            {
                var port = $"{_name}-{Index(node)}";
                Ip($"netns add {Namespace(node)}");
                Ip($"link add {port} type veth peer name eth0 netns {Namespace(node)}\nlink set {port} master {_name}\nlink set {port} up");
                Ip($"addr add {Address(node)}/24 dev eth0\nlink set eth0 up\nlink set lo up\n"
                    + $"rule add pref {LocalRule} lookup local\nrule del pref 0", Namespace(node));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Why there can be no such network here; null where there can.</summary>
    public static string? Obstacle() =>
        !OperatingSystem.IsLinux() ? "network namespaces are Linux's"
        : Environment.UserName != "root" ? "network namespaces need root"
        : !LabNames.IsInstalled("ip") ? "the command ip is missing: install iproute2"
        : null;

    public string Address(string node) => $"{_subnet}.{Index(node) + 10}";

    /// <summary>The command that runs another within the node's network.</summary>
    public IReadOnlyList<string> Launcher(string node) => ["ip", "netns", "exec", Namespace(node)];

    /// <summary>From now on <paramref name="to"/> hears nothing from <paramref name="from"/>. Cuts may overlap: each is mended once.</summary>
    public void Cut(IEnumerable<(string From, string To)> directions) => Change(directions, +1);

    public void Mend(IEnumerable<(string From, string To)> directions) => Change(directions, -1);

    /// <summary>Resets every TCP connection that the node has at this moment.</summary>
    public void ResetConnections(string node) => Command.Run("ip", ["netns", "exec", Namespace(node), "ss", "-K", "-t", "state", "established"]);

    public void Dispose() => Remove(_name);

    private static void Ip(string batch, string? space = null) =>
        Command.Run("ip", [.. space is null ? Array.Empty<string>() : ["-n", space], "-batch", "-"], batch + "\n");

    private void Change(IEnumerable<(string From, string To)> directions, int change)
    {
        lock (_lock)
        {
            foreach (var ear in directions.GroupBy(direction => direction.To))
            {
                var lines = new List<string>();
                foreach (var direction in ear)
                {
                    var before = _cuts.GetValueOrDefault(direction);
                    _cuts[direction] = before + change;
                    var rule = $"pref {FirstCutRule + Index(direction.From)} from {Address(direction.From)} iif eth0 blackhole";
                    if (before == 0 && change > 0)
                    {
                        lines.Add($"rule add {rule}");
                    }
                    else if (before == 1 && change < 0)
                    {
                        lines.Add($"rule del {rule}");
                    }
                }

                if (lines.Count > 0)
                {
                    Ip(string.Join('\n', lines), Namespace(ear.Key));
                }
            }
        }
    }

    private int Index(string node) => _nodes.ToList().IndexOf(node);

    private string Namespace(string node) => $"{_name}-{node}";

    private static string FreeSubnet()
    {
        var taken = Command.Run("ip", ["-o", "-4", "addr"]);
        for (var third = Environment.ProcessId % 256; ; third = (third + 1) % 256)
        {
            var subnet = string.Create(CultureInfo.InvariantCulture, $"10.213.{third}");
            if (!taken.Contains($" {subnet}.", StringComparison.Ordinal))
            {
                return subnet;
            }
        }
    }

    /// <summary>A campaign that was killed could not clean up: the next one does it.</summary>
    private static void RemoveOrphans()
    {
        var spaces = Directory.Exists("/run/netns") ? Directory.GetFiles("/run/netns", $"{LabNames.Prefix}*") : [];
        foreach (var owner in LabNames.Orphans(spaces).Select(LabNames.OwnerOf).Distinct())
        {
            Remove(owner);
        }
    }

    private static void Remove(string name)
    {
        // First the interfaces: those of a namespace go with it, but some time after, and the next run has the same names.
        foreach (var port in Directory.GetFileSystemEntries("/sys/class/net", $"{name}-*"))
        {
            Command.Try("ip", ["link", "del", Path.GetFileName(port)]);
        }

        foreach (var space in Directory.Exists("/run/netns") ? Directory.GetFiles("/run/netns", $"{name}-*") : [])
        {
            Command.Try("ip", ["netns", "del", Path.GetFileName(space)]);
        }

        Command.Try("ip", ["link", "del", name]);
        if (LabNames.IsInstalled("iptables"))
        {
            Command.Try("iptables", ["-D", .. ThroughBridge(name)]);
        }
    }

    private static string[] ThroughBridge(string name) => ["FORWARD", "-i", name, "-o", name, "-j", "ACCEPT"];
}
