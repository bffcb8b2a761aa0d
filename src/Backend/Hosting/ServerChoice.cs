using System.Diagnostics;
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
    private const string TestServers = "Microsoft.AspNetCore.TestHost.";
    private const string Factories = "Microsoft.AspNetCore.Mvc.Testing.";

    /// <summary>What the tools that describe an app at build time run it on; each has a class of its own of this name.</summary>
    private const string NoServer = "NoopServer";

    /// <summary>
    /// What calls an app's <c>Main</c> to get at its host: <c>WebApplicationFactory</c>, also one that serves by Kestrel,
    /// <c>dotnet ef</c> and the OpenAPI tools have a copy each.
    /// </summary>
    private const string HostResolver = "Microsoft.Extensions.Hosting.HostFactoryResolver";

    /// <summary>
    /// Whether the app is not to serve anybody: <c>WebApplicationFactory</c> tries it, or a tool looks at its endpoints. It
    /// stays out of the cluster then.
    /// </summary>
    public static bool IsStandIn(IServiceCollection services) =>
        Origins(services).Any(type => type.Name == NoServer || IsIn(type, TestServers) || IsIn(type, Factories)) || IsBuiltByATool();

    /// <summary>Puts our server in place of the app's. One that is there on purpose stays, and <see cref="HostCheck"/> refuses it.</summary>
    public static void TakeOver(IServiceCollection services)
    {
        var origins = Origins(services);
        if (origins.Count == 0 || origins.Any(type => IsIn(type, SocketServers)))
        {
            services.RemoveAll<IServer>();
            services.AddSingleton<IServer, PomegranateServer>();
        }
    }

    /// <summary>
    /// The class of the server that counts, which is the one registered last, or the classes whose method makes it; nothing
    /// for no server.
    /// </summary>
    private static List<Type> Origins(IServiceCollection services) => services.LastOrDefault(s => s.ServiceType == typeof(IServer) && !s.IsKeyedService) switch
    {
        null => [],
        { ImplementationType: { } type } => [type],
        { ImplementationInstance: { } server } => [server.GetType()],
        { ImplementationFactory: { } make } => [make.Method.DeclaringType!, .. Ancestry(make.Target?.GetType())],
        _ => [typeof(IServer)],
    };

    /// <summary>A test's own factory inherits the method, or overrides it.</summary>
    private static IEnumerable<Type> Ancestry(Type? type)
    {
        for (; type is not null; type = type.BaseType)
        {
            yield return type;
        }
    }

    private static bool IsIn(Type type, string names) => type.FullName?.StartsWith(names, StringComparison.Ordinal) == true;

    /// <summary>Seen only where <c>Main</c> comes to <c>Build()</c> without an await: nothing else tells of a factory with Kestrel.</summary>
    private static bool IsBuiltByATool() => new StackTrace().GetFrames()
        .Any(frame => frame.GetMethod()?.DeclaringType is { } type && IsIn(type, HostResolver));
}
