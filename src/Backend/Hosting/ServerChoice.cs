using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Hosting;

/// <summary>
/// Which server the app has without us. The socket servers of ASP.NET Core are what ours is in place of, wherever the app
/// configures them; any other is there on purpose.
/// </summary>
internal static class ServerChoice
{
    private const string SocketServers = "Microsoft.AspNetCore.Server.";
    private const string TestServer = "Microsoft.AspNetCore.TestHost.TestServer";

    /// <summary>What the tools that describe an app at build time run it on; each has a class of its own of this name.</summary>
    private const string NoServer = "NoopServer";

    /// <summary>
    /// Whether the app is not to serve anybody: <c>WebApplicationFactory</c> tries it, or a tool looks at its endpoints. It
    /// stays out of the cluster then.
    /// </summary>
    public static bool IsStandIn(IServiceCollection services) =>
        Current(services) is { } server && (server.FullName == TestServer || server.Name == NoServer);

    /// <summary>Puts our server in place of the app's. One that is there on purpose stays, and <see cref="HostCheck"/> refuses it.</summary>
    public static void TakeOver(IServiceCollection services)
    {
        if (Current(services) is null || Current(services)!.FullName!.StartsWith(SocketServers, StringComparison.Ordinal))
        {
            services.RemoveAll<IServer>();
            services.AddSingleton<IServer, PomegranateServer>();
        }
    }

    /// <summary>The class of the server that counts, which is the one registered last; null for none.</summary>
    private static Type? Current(IServiceCollection services) => services.LastOrDefault(s => s.ServiceType == typeof(IServer) && !s.IsKeyedService) switch
    {
        null => null,
        { ImplementationType: { } type } => type,
        { ImplementationInstance: { } server } => server.GetType(),
        _ => typeof(IServer),
    };
}
