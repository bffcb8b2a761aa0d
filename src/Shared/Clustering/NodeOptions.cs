using System.Net;

namespace Pomegranate.Clustering;

/// <summary>How a node takes part in the cluster. Section <c>Pomegranate:Cluster</c>; read once, at start.</summary>
public sealed class NodeOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pomegranate:Cluster";

    /// <summary>
    /// The cluster's name: the same on every node. Letters, digits and hyphens. Default <c>pomegranate</c>.
    /// </summary>
    public string Name { get; set; } = "pomegranate";

    /// <summary>What this node is called in logs, in <c>pbm</c> and in answers. Default: the machine's name.</summary>
    public string NodeName { get; set; } = Environment.MachineName;

    /// <summary>The address to listen on for other nodes. Default <c>0.0.0.0</c>, all interfaces.</summary>
    public string Hostname { get; set; } = "0.0.0.0";

    /// <summary>The TCP port to listen on for other nodes; 0 lets the system choose. Default 4053.</summary>
    public int Port { get; set; } = 4053;

    /// <summary>
    /// The name or address by which the other nodes reach this one. Default: <see cref="Hostname"/>, or the machine's
    /// name where that is a wildcard.
    /// </summary>
    public string? PublicHostname { get; set; }

    /// <summary>
    /// The nodes to join through, as <c>host:port</c>, the lighthouse first. An app without seeds is not in a cluster:
    /// it runs on Kestrel as before.
    /// </summary>
    public IList<string> Seeds { get; } = [];

    /// <summary>
    /// Which app this backend runs, where several share the frontends: its sessions stay among the backends that name the
    /// same app. 1 to 40 lower-case letters, digits and hyphens, beginning with a letter; default <c>default</c>. Frontends
    /// and lighthouses do not read it.
    /// </summary>
    public string App { get; set; } = AppName.Default;

    /// <summary>How many shards this backend takes, relative to the others (mod_jk's lbfactor). 1 to 100, default 1.</summary>
    public int Weight { get; set; } = 1;

    /// <summary>
    /// Whether the close of a peer's liveness connection, with a refused reconnect, proves its death. Default true.
    /// Switch it off where nodes reach each other through a proxy or a virtual IP, which closes connections of its own.
    /// </summary>
    public bool ProofOfDeath { get; set; } = true;

    /// <summary>The TCP port of the liveness listener; 0, the default, lets the system choose.</summary>
    public int LivenessPort { get; set; }

    /// <summary>
    /// The TCP port where a backend takes the other nodes' lanes, the connections that requests and their answers travel
    /// on; 0, the default, lets the system choose.
    /// </summary>
    public int LanePort { get; set; }

    /// <summary>
    /// The silence after which a peer is suspected: it takes no new shards until it is heard again. 1 s to 60 s, default 2 s.
    /// Where a peer that has joined less than 10 s ago is silent, it is decided only after three times as long.
    /// </summary>
    public TimeSpan AcceptableHeartbeatPause { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long the members' reachability must be unchanged before the split-brain resolver decides: a suspect that is
    /// heard again within it stays a member. 1 s to 60 s, default 1.5 s.
    /// </summary>
    public TimeSpan SplitBrainStableAfter { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How many shards sessions are spread over: the same on every node, never changed live. 1 to 10,000, default 64.</summary>
    public int Shards { get; set; } = 64;

    internal string EffectivePublicHostname =>
        PublicHostname ?? (IPAddress.TryParse(Hostname, out var address)
            && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
                ? Dns.GetHostName()
                : Hostname);
}
