#if PETABRIDGE_CMD
using Akka.Configuration;
using Akka.Hosting;
using Petabridge.Cmd.Cluster;
using Petabridge.Cmd.Cluster.Sharding;
using Petabridge.Cmd.Host;
using Petabridge.Cmd.Remote;

namespace Pomegranate.Management;

/// <summary>Petabridge.Cmd's own host beside our endpoint, where a build asks for it with <c>-p:PetabridgeCmd=true</c>.</summary>
internal static class PetabridgeCmdHost
{
    // Its own defaults are all interfaces, without a password, and our endpoint's port. Last in line, so that the
    // node's own configuration can still overrule it.
    private static readonly Config s_defaults = ConfigurationFactory.ParseString(
        """
        petabridge.cmd {
          host = "127.0.0.1"
          port = 9111
        }
        """);

    public static AkkaConfigurationBuilder WithPetabridgeCmd(this AkkaConfigurationBuilder builder) => builder
        .AddHocon(s_defaults, HoconAddMode.Append)
        .AddPetabridgeCmd(cmd =>
        {
            cmd.RegisterCommandPalette(ClusterCommands.Instance);
            cmd.RegisterCommandPalette(new RemoteCommands());
            cmd.RegisterCommandPalette(ClusterShardingCommands.Instance);
        });
}
#endif
