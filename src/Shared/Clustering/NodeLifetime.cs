using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Clustering;

/// <summary>
/// Ties the process to the actor system: whichever ends first ends the other. A node that the cluster has downed must
/// not live on with its old sessions: it stops with a non-zero exit code, so that its supervisor starts it afresh. One
/// that has left, by a signal or by <c>pbm cluster leave</c>, ends with 0.
/// </summary>
internal sealed partial class NodeLifetime : AkkaHostedService, IHostedLifecycleService
{
    /// <summary>A downed node's exit code: EX_TEMPFAIL of BSD's sysexits, "try again later".</summary>
    public const int DownedExitCode = 75;

    /// <summary>
    /// The exit code of a node whose build has no wire revision in common with the cluster's: EX_CONFIG of BSD's sysexits.
    /// Started again it would end the same way.
    /// </summary>
    public const int IncompatibleExitCode = 78;

    /// <summary>A downed node's host that does not manage to stop by itself is ended after this time.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ExitCodeRule _host;

    public NodeLifetime(AkkaConfigurationBuilder builder, IServiceProvider services, ILogger<AkkaHostedService> logger, IHostApplicationLifetime host)
        : this(builder, services, logger, new ExitCodeRule(host))
    {
    }

    private NodeLifetime(AkkaConfigurationBuilder builder, IServiceProvider services, ILogger<AkkaHostedService> logger, ExitCodeRule host)
        : base(builder, services, logger, host) => _host = host;

    /// <summary>
    /// Before the other services start: a node that waits to join is a member of the cluster already, and its liveness
    /// port must answer.
    /// </summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        var system = ActorSystem!;
        CoordinatedShutdown!.AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "exit-code", () =>
        {
            if (CoordinatedShutdown.ShutdownReason is CoordinatedShutdown.ClusterDowningReason)
            {
                Downed(Logger, Cluster.Get(system).SelfAddress.ToString(), DownedExitCode);
                EndWith(DownedExitCode);
            }
            else if (CoordinatedShutdown.ShutdownReason is RevisionGate.IncompatibleReason)
            {
                EndWith(IncompatibleExitCode);
            }

            return Task.FromResult(Akka.Done.Instance);
        });
    }

    private void EndWith(int exitCode)
    {
        _host.ExitCode = exitCode;
        _host.StopApplication();
        _ = Task.Delay(Patience, _host.ApplicationStopped).ContinueWith(
            _ => Environment.Exit(exitCode), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
    }

    public override Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(1000, LogLevel.Critical, "The cluster has downed this node ({Address}): it hung, or was cut off from the majority. "
        + "It stops with exit code {ExitCode}; its supervisor should start it again.")]
    private static partial void Downed(ILogger logger, string address, int exitCode);

    /// <summary>
    /// What Akka.Hosting stops the host by when the actor system has ended. Just before, it sets the exit code to -1
    /// for a node that was downed and for one that left alike; this puts it right.
    /// </summary>
    private sealed class ExitCodeRule(IHostApplicationLifetime host) : IHostApplicationLifetime
    {
        public int ExitCode { get; set; }

        public CancellationToken ApplicationStarted => host.ApplicationStarted;

        public CancellationToken ApplicationStopping => host.ApplicationStopping;

        public CancellationToken ApplicationStopped => host.ApplicationStopped;

        public void StopApplication()
        {
            Environment.ExitCode = ExitCode;
            host.StopApplication();
        }
    }
}
