namespace Pomegranate.Campaign.Nodes;

/// <summary>What of the system a fault needs, beside processes and signals.</summary>
internal enum Facility
{
    /// <summary><see cref="NetworkLab"/>.</summary>
    Network,

    /// <summary><see cref="DiskLab"/>.</summary>
    Disk,

    /// <summary><see cref="ClockLab"/>.</summary>
    Clock,

    /// <summary><see cref="MemoryLab"/>.</summary>
    Memory,
}
