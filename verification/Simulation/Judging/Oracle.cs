using Pomegranate.Backend.State;
using Pomegranate.Simulation.Cluster;
using Pomegranate.Simulation.Core;

namespace Pomegranate.Simulation.Judging;

/// <summary>
/// Knows what was acknowledged and who holds it, which no node does. It excuses exactly this: every replica that held an
/// acknowledged change was killed, before another had it; or every backend of the last view was.
/// </summary>
internal sealed class Oracle(World world)
{
    private readonly SessionEntry?[] _acknowledged = new SessionEntry?[world.Plan.Clients.Count];
    private readonly long[] _excusedAt = Filled(world.Plan.Clients.Count);

    public void Acknowledged(Process home, int session, SessionEntry delta)
    {
        _acknowledged[session] = _acknowledged[session] is { } before ? before.Merge(delta) : delta;
        _ = home;
    }

    /// <summary>Whether what was lost of the session at that moment, µs, may be lost.</summary>
    public bool IsExcused(int session, double at) => at >= _excusedAt[session];

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
                world.Count("whole view killed (excused)");
                _excusedAt[session] = Math.Min(_excusedAt[session], world.Now);
            }

            // The last backend that holds anything, told to stop: its memory goes with it, as everybody knows who tells it.
            var isOrdered = process.IsKilled || (process.Backend!.IsLeaving && process.LeftAlone);
            if (_acknowledged[session] is { } acknowledged && _excusedAt[session] == long.MaxValue
                && !Holds(session, acknowledged, except: process) && Holds(session, acknowledged, except: null))
            {
                world.Count(isOrdered ? "last copy killed (excused)" : "last copy ended by decision");
                world.Say(process, session, "held what nobody else did");
                if (isOrdered)
                {
                    _excusedAt[session] = world.Now;
                }
            }
        }
    }

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

    private bool Holds(int session, SessionEntry acknowledged, Process? except)
    {
        SessionEntry? all = null;
        foreach (var process in world.Running)
        {
            if (process.IsBackend && process != except && process.Backend!.Replica.Find(world.Sessions.IdOf(session)) is { } entry)
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
