#if PETABRIDGE_CMD
using Akka.Hosting;
using Petabridge.Cmd.Cluster;
using Petabridge.Cmd.Cluster.Sharding;
using Petabridge.Cmd.Host;
using Petabridge.Cmd.Remote;

namespace Pomegranate.Management;

/// <summary>
/// Petabridge.Cmd's own host beside our endpoint, where a build asks for it with <c>-p:PetabridgeCmd=true</c>.
/// Its default port is 9110 too, so such a node must set <c>Pomegranate:Management:Port</c> or
/// <c>petabridge.cmd.port</c> to another.
/// </summary>
internal static class PetabridgeCmdHost
{
    public static AkkaConfigurationBuilder WithPetabridgeCmd(this AkkaConfigurationBuilder builder) =>
        builder.AddPetabridgeCmd(cmd =>
        {
            cmd.RegisterCommandPalette(ClusterCommands.Instance);
            cmd.RegisterCommandPalette(new RemoteCommands());
            cmd.RegisterCommandPalette(ClusterShardingCommands.Instance);
        });
}
#endif
