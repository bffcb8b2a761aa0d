namespace Pomegranate.Bench.Failing;

/// <summary>What is done to whom. Whoever ends by it is started again, as a supervisor would.</summary>
/// <param name="Least">How long it lasts at least: until then the victim is left alone, and the load watched.</param>
/// <param name="IsDeadly">Whether the victim is to end by it.</param>
internal sealed record Fault(string Name, string Title, Victim Victim, Signal Signal, TimeSpan Least, bool IsDeadly)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    public static IReadOnlyList<Fault> All { get; } =
    [
        new("kill-backend", "kill -9 of a backend", Victim.Backend, Signal.Kill, Look, IsDeadly: true),
        new("kill-coordinator", "kill -9 of the shard coordinator's backend", Victim.Coordinator, Signal.Kill, Look, IsDeadly: true),
        new("hang-backend", "SIGSTOP of a backend for 10 s", Victim.Backend, Signal.Stop, TimeSpan.FromSeconds(10), IsDeadly: false),
        new("stop-backend", "SIGTERM of a backend", Victim.Backend, Signal.Terminate, Look, IsDeadly: true),
        new("stop-coordinator", "SIGTERM of the shard coordinator's backend", Victim.Coordinator, Signal.Terminate, Look, IsDeadly: true),
        new("kill-frontend", "kill -9 of one of two frontends", Victim.Frontend, Signal.Kill, Look, IsDeadly: true),
        new("stop-frontend", "SIGTERM of one of two frontends", Victim.Frontend, Signal.Terminate, Look, IsDeadly: true),
        new("kill-lighthouse", "kill -9 of the lighthouse", Victim.Lighthouse, Signal.Kill, Look, IsDeadly: true),

        // Nobody is answered without it: it is started again at once, empty.
        new("kill-store", "kill -9 of the session store", Victim.Store, Signal.Kill, TimeSpan.Zero, IsDeadly: true),
    ];
}
