using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Clustering;

/// <summary>
/// A node that the cluster has downed must not live on with its old sessions: it stops with a non-zero exit code, so
/// that its supervisor starts it afresh.
/// </summary>
internal sealed partial class DownedNodeExit(IServiceProvider services, IHostApplicationLifetime lifetime, ILogger<DownedNodeExit> logger) : IHostedService
{
    /// <summary>The exit code: EX_TEMPFAIL of BSD's sysexits, "try again later".</summary>
    public const int ExitCode = 75;

    /// <summary>A host that does not manage to stop by itself is ended after this time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not in the constructor: hosted services are built before the options are validated, and whoever resolves the
        // actor system first lets it join.
        var system = services.GetRequiredService<ActorSystem>();
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "exit-code", () =>
        {
            if (shutdown.ShutdownReason is CoordinatedShutdown.ClusterDowningReason)
            {
                Downed(logger, Cluster.Get(system).SelfAddress.ToString(), ExitCode);
                Environment.ExitCode = ExitCode;
                lifetime.StopApplication();
                _ = Task.Delay(Patience, lifetime.ApplicationStopped).ContinueWith(
                    _ => Environment.Exit(ExitCode), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
            }

            return Task.FromResult(Akka.Done.Instance);
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1000, LogLevel.Critical, "The cluster has downed this node ({Address}): it hung, or was cut off from the majority. "
        + "It stops with exit code {ExitCode}; its supervisor should start it again.")]
    private static partial void Downed(ILogger logger, string address, int exitCode);
}
