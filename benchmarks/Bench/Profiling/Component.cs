namespace Pomegranate.Bench.Profiling;

/// <summary>
/// Which part of the system a piece of CPU time belongs to: the part whose code is nearest to where the time was spent.
/// A socket's send inside DotNetty is DotNetty's, a string made in a YARP transform is YARP's.
/// </summary>
internal static class Component
{
    public const string Other = "runtime: thread pool, timers, socket engine";

    /// <param name="thread">The thread's name: the runtime's own threads have no managed frames.</param>
    /// <param name="stack">From where the time was spent outwards.</param>
    public static string Of(string thread, IEnumerable<Frame> stack) => thread switch
    {
        _ when thread.StartsWith(".NET Server GC", StringComparison.Ordinal) || thread.StartsWith(".NET BGC", StringComparison.Ordinal) => "garbage collector's threads",
        _ when thread.StartsWith(".NET Tiered", StringComparison.Ordinal) => "JIT",
        _ => stack.Select(Of).FirstOrDefault(component => component is not null) ?? Other,
    };

    private static string? Of(Frame frame) => frame.Assembly switch
    {
        "Pomegranate.Frontend" => "our gateway (src/Frontend)",
        "Pomegranate.Shared" => frame.Type.StartsWith("Pomegranate.Gateway", StringComparison.Ordinal) || frame.Type.StartsWith("Pomegranate.Wire", StringComparison.Ordinal)
            ? "our wire format (src/Shared/Gateway, Wire)"
            : "the rest of src/Shared",
        "Pomegranate.Backend" => Backend(frame.Type),
        "Yarp.ReverseProxy" => "YARP",
        "Akka.DistributedData" => "Akka.DistributedData (Replicator)",
        "Akka.Cluster.Sharding" => "Akka.Cluster.Sharding (region, shard)",
        "Akka.Remote" => "Akka.Remote (associations, PDU, serialization)",
        "Akka.Cluster" or "Akka.Cluster.Tools" => "Akka.Cluster (gossip, heartbeats)",
        "Akka" => "Akka (mailboxes, Tell, paths, scheduler)",
        "Portal" => "app pipeline (ASP.NET Core and the Portal)",
        "" when frame.Library.Contains("libcrypto", StringComparison.Ordinal) => "crypto (OpenSSL: random ids, data protection)",
        _ when frame.Assembly.StartsWith("DotNetty", StringComparison.Ordinal) => "DotNetty (TCP between nodes)",
        _ when frame.Assembly.StartsWith("OpenTelemetry", StringComparison.Ordinal) => "metrics (OpenTelemetry)",
        _ when frame.Assembly.StartsWith("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal) => "Kestrel",
        _ when frame.Assembly.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) => "app pipeline (ASP.NET Core and the Portal)",
        _ => null,
    };

    private static string Backend(string type) =>
        type.StartsWith("Pomegranate.Backend.Server", StringComparison.Ordinal) ? "our server (src/Backend/Server)"
        : type.StartsWith("Pomegranate.Backend.Sessions", StringComparison.Ordinal) ? "our sessions (src/Backend/Sessions)"
        : type.StartsWith("Pomegranate.Backend.Replication", StringComparison.Ordinal) || type.StartsWith("Pomegranate.Backend.State", StringComparison.Ordinal)
            ? "our replica (src/Backend/Replication, State)"
            : "the rest of src/Backend";
}
