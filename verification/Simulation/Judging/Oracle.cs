using Pomegranate.Backend.State;
using Pomegranate.Simulation.Backends;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;

namespace Pomegranate.Simulation.Judging;

/// <summary>
/// Knows what was acknowledged and who holds it, which no node does. It excuses exactly this: every replica that held an
/// acknowledged change and was in the last view, or about to leave it, was killed, before another of these had it; every backend of the last view was; or the last that held it was
/// told to stop, and for as long as it waited no other came or caught up; or enough backends, all started anew, have founded a cluster
/// while nobody in it could reach anybody who still serves, or those hang (without disks they know of no other).
/// </summary>
internal sealed class Oracle(World world)
{
    private readonly SessionEntry?[] _acknowledged = new SessionEntry?[world.Plan.Clients.Count];
    private readonly long[] _excusedAt = Filled(world.Plan.Clients.Count);
    private readonly List<(long At, long Number)>[] _writes = [.. world.Plan.Clients.Select(_ => new List<(long, long)>())];

    public void Acknowledged(int session, SessionEntry delta)
    {
        _acknowledged[session] = _acknowledged[session] is { } before ? before.Merge(delta) : delta;
        if (SessionContent.RegisterOf(_acknowledged[session]!) is { } number && (_writes[session].Count == 0 || _writes[session][^1].Number != number))
        {
            _writes[session].Add((world.Now, number));
        }
    }

    /// <summary>Whether what was lost of the session at that moment, µs, may be lost.</summary>
    public bool IsExcused(int session, double at) => at >= _excusedAt[session];

    /// <summary>
    /// Whether nothing was lost, but a request came late: its client was told nothing or a failure and wrote again by another
    /// way, and what it had sent first was committed last. So it is with any server.
    /// </summary>
    public bool IsLateWrite(int session, double at, long number) => _writes[session].LastOrDefault(write => write.At <= at).Number == number;

    /// <param name="lastView">The backends of the last view before this one.</param>
    public void Founded(Process founder, ulong lastView)
    {
        var serving = world.Running.Where(p => lastView.Has(p.Id)).ToList();
        var founding = world.Running.Where(p => founder.Members.Gossip.Members.Has(p.Id)).ToList();
        var answering = serving.Where(s => s.HangsUntil <= world.Now);
        if (serving.Count > 0 && !lastView.Has(founder.Id) && !answering.Any(s => founding.Any(f => world.Network.IsOpenBothWays(f.Host, s.Host))))
        {
            for (var session = 0; session < _acknowledged.Length; session++)
            {
                Excuse(session, "founded anew behind a cut (excused)");
            }
        }
    }

    /// <summary>A process is about to end, and its memory with it.</summary>
    public void BeforeEnd(Process process)
    {
        if (!process.IsBackend || world.Plan.HasDisks)
        {
            return;
        }

        for (var session = 0; session < _acknowledged.Length; session++)
        {
            if (IsLastOfItsView(process))
            {
                Excuse(session, "whole view killed (excused)");
            }

            if (_acknowledged[session] is not { } acknowledged || _excusedAt[session] != long.MaxValue || !Holds(session, acknowledged, _ => true))
            {
                continue;
            }

            // Whom it had removed, having hung or been cut off, is to end, and what it holds with it.
            if (process.Backend!.IsLeaving && (process.LeftAlone || process.Rules.HasWaitedToLeave) && !Holds(session, acknowledged, other => other != process && process.Members.Counts(other)))
            {
                Excuse(session, "last copy told to stop (excused)");
            }
            else if (process.IsKilled && Holds(session, acknowledged, other => other == process || IsCountedOn(other))
                && !Holds(session, acknowledged, other => other != process && IsCountedOn(other)))
            {
                world.Say(process, session, "held what nobody else did that is still counted on");
                Excuse(session, "last copy killed (excused)");
            }
            else if (!Holds(session, acknowledged, other => other != process))
            {
                world.Say(process, session, "held what nobody else did");
                world.Count("last copy ended by decision");
            }
        }
    }

    private void Excuse(int session, string why)
    {
        world.Count(why);
        _excusedAt[session] = Math.Min(_excusedAt[session], world.Now);
    }

    /// <summary>It is in the last view; or it was in one before, is about to leave, and waits until the others hold what it does.</summary>
    private bool IsCountedOn(Process backend) =>
        world.LastView == 0 || world.LastView.Has(backend.Id)
        || (backend.Backend!.IsLeaving && world.EverInView.Has(backend.Id) && backend.Members.Gossip.Up.Has(backend.Id)
            && world.Running.Any(other => world.LastView.Has(other.Id) && other.Members.Counts(backend)));

    /// <summary>Every backend of the last view is killed: it holds no more what was acknowledged, and copies elsewhere are not promised.</summary>
    private bool IsLastOfItsView(Process process)
    {
        if (!process.IsKilled || !world.LastView.Has(process.Id))
        {
            return false;
        }

        foreach (var backend in (world.LastView & ~process.Bit).All())
        {
            if (!world.Processes[backend].IsKilled)
            {
                return false;
            }
        }

        return true;
    }

    private bool Holds(int session, SessionEntry acknowledged, Func<Process, bool> among)
    {
        SessionEntry? all = null;
        foreach (var process in world.Running)
        {
            if (process.IsBackend && among(process) && process.Backend!.Replica.Find(world.Sessions.IdOf(session)) is { } entry)
            {
                all = all is null ? entry : all.Merge(entry);
            }
        }

        return all is not null && all.Merge(acknowledged).HasSameChangesAs(all);
    }

    private static long[] Filled(int count)
    {
        var array = new long[count];
        Array.Fill(array, long.MaxValue);
        return array;
    }
}
