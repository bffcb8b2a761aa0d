namespace Pomegranate.Campaign.Nodes;

/// <summary>What the nodes run in, as far as this machine has it: networks, disks, clocks and memory of their own.</summary>
internal sealed class Labs : IDisposable
{
    /// <summary>Everything on loopback, in memory, by the host's clock.</summary>
    public static readonly Labs None = new();

    private Labs()
    {
    }

    public NetworkLab? Network { get; private init; }

    public DiskLab? Disks { get; private init; }

    public ClockLab? Clocks { get; private init; }

    public MemoryLab? Memory { get; private init; }

    /// <param name="wanted">What is made; what this machine has not, never is.</param>
    /// <param name="directory">For the disks' and the clocks' files.</param>
    public static Labs Create(Topology topology, IReadOnlySet<Facility> wanted, string directory)
    {
        bool Has(Facility facility) => wanted.Contains(facility) && Obstacle(facility) is null;
        List<string> nodes = [.. topology.Regular, topology.Spare];
        return new Labs
        {
            Network = Has(Facility.Network) ? new NetworkLab(nodes) : null,
            Disks = Has(Facility.Disk) ? new DiskLab([.. topology.Backends, topology.Spare], Path.Combine(directory, "disks")) : null,
            Clocks = Has(Facility.Clock) ? new ClockLab(directory) : null,
            Memory = Has(Facility.Memory) ? new MemoryLab(nodes) : null,
        };
    }

    /// <summary>Why there is no such thing here; null where there is.</summary>
    public static string? Obstacle(Facility facility) => facility switch
    {
        Facility.Network => NetworkLab.Obstacle(),
        Facility.Disk => DiskLab.Obstacle(),
        Facility.Clock => ClockLab.Obstacle(),
        _ => MemoryLab.Obstacle(),
    };

    /// <summary>The command that runs another in the node's surroundings. Memory first: in a network namespace <c>/sys</c> is another.</summary>
    public IReadOnlyList<string> Launcher(string node) =>
        [.. Memory?.Launcher(node) ?? [], .. Network?.Launcher(node) ?? [], .. Clocks?.Launcher(node) ?? []];

    public void Dispose()
    {
        Disks?.Dispose();
        Memory?.Dispose();
        Network?.Dispose();
    }
}
