using Pomegranate.Simulation.Core;

namespace Pomegranate.Simulation.Cluster;

/// <summary>
/// What a node believes of the membership, as Akka.Cluster's gossip holds it: each member's status, who has reported whom
/// unreachable, and who has seen exactly this. Immutable; two are merged by the later status and the later report.
/// </summary>
internal sealed record Gossip
{
    public const int Most = 64;

    public ulong Joining { get; init; }

    public ulong Up { get; init; }

    public ulong Leaving { get; init; }

    public ulong Exiting { get; init; }

    public ulong Down { get; init; }

    /// <summary>They were members, and never come back.</summary>
    public ulong Removed { get; init; }

    public ulong Seen { get; init; }

    /// <summary>The order in which they became Up.</summary>
    public byte[] UpNumber { get; init; } = new byte[Most];

    /// <summary>By observer: whom it does not reach.</summary>
    public ulong[] Unreachable { get; init; } = new ulong[Most];

    /// <summary>By observer: how often it has changed its report.</summary>
    public int[] Version { get; init; } = new int[Most];

    public ulong Members => Joining | Up | Leaving | Exiting | Down;

    /// <summary>Those that are neither on their way in nor out.</summary>
    public ulong Full => Up | Leaving;

    /// <summary>Whom somebody does not reach, himself not downed.</summary>
    public ulong AnyUnreachable
    {
        get
        {
            ulong lost = 0;
            foreach (var observer in (Members & ~Down).All())
            {
                lost |= Unreachable[observer];
            }

            return lost & Members;
        }
    }

    public bool Knows(Gossip other) =>
        Joining == other.Joining && Up == other.Up && Leaving == other.Leaving && Exiting == other.Exiting && Down == other.Down && Removed == other.Removed
        && Version.AsSpan().SequenceEqual(other.Version);

    public Gossip With(Gossip other)
    {
        var removed = Removed | other.Removed;
        var down = (Down | other.Down) & ~removed;
        var exiting = (Exiting | other.Exiting) & ~(removed | down);
        var leaving = (Leaving | other.Leaving) & ~(removed | down | exiting);
        var up = (Up | other.Up) & ~(removed | down | exiting | leaving);
        var joining = (Joining | other.Joining) & ~(removed | down | exiting | leaving | up);
        var numbers = new byte[Most];
        var unreachable = new ulong[Most];
        var version = new int[Most];
        for (var i = 0; i < Most; i++)
        {
            numbers[i] = Math.Max(UpNumber[i], other.UpNumber[i]);
            var later = Version[i] >= other.Version[i] ? this : other;
            (unreachable[i], version[i]) = (later.Unreachable[i], later.Version[i]);
        }

        return new Gossip
        {
            Joining = joining, Up = up, Leaving = leaving, Exiting = exiting, Down = down, Removed = removed, UpNumber = numbers, Unreachable = unreachable, Version = version,
        };
    }

    public Gossip Report(int observer, ulong unreachable)
    {
        var (all, version) = ((ulong[])Unreachable.Clone(), (int[])Version.Clone());
        all[observer] = unreachable;
        version[observer]++;
        return this with { Unreachable = all, Version = version };
    }

    public Gossip MarkDown(ulong downed) => this with
    {
        Down = Down | (downed & Members), Joining = Joining & ~downed, Up = Up & ~downed, Leaving = Leaving & ~downed, Exiting = Exiting & ~downed,
    };
}
