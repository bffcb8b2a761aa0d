using Akka;
using Akka.Actor;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Frontend.Streaming;

namespace Pomegranate.Frontend.Hosting;

/// <summary>
/// A frontend's start and end. It takes connections only once the sessions of every app that has backends can be
/// reached, so that one that is restarted never turns a client away that another could have served; where there is none to
/// reach it opens after a while and answers 503. At the end: not ready first, so that balancers turn away, then, after the drain delay, no new
/// connections, and after the close delay none that are idle; Kestrel finishes the requests it has, and the node leaves the cluster last.
/// </summary>
internal sealed partial class FrontendNode(
    IServiceProvider services,
    FrontendState state,
    StreamListener streams,
    IHostApplicationLifetime lifetime,
    IOptions<GatewayOptions> options,
    TimeProvider time,
    ILogger<FrontendNode> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);

    private readonly TaskCompletionSource _kestrelStopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var gateways = services.GetRequiredService<AppGateways>();
        var started = time.GetTimestamp();
        using var step = new PeriodicTimer(Step, time);
        while (!(await AppReach.AskAsync(gateways, cancellationToken)).IsEnough)
        {
            if (time.GetElapsedTime(started) > Patience)
            {
                NoBackend(logger, Patience.TotalSeconds);
                return;
            }

            await step.WaitForNextTickAsync(cancellationToken);
        }
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        state.IsDraining = true;
        await Task.Delay(options.Value.DrainDelay, time, cancellationToken);
        streams.GoAway();
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A frontend that is told to leave the cluster stops like one that is told by a signal.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // Kestrel takes connections by now.
        state.IsOpen = true;
        var system = services.GetNodeSystem();
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(CoordinatedShutdown.PhaseBeforeServiceUnbind, "stop-kestrel", async () =>
        {
            if (shutdown.ShutdownReason is not CoordinatedShutdown.ClusterDowningReason)
            {
                lifetime.StopApplication();
                await _kestrelStopped.Task;
            }

            return Done.Instance;
        });
        return Task.CompletedTask;
    }

    /// <summary>Called after Kestrel has stopped and before the node leaves: services stop in reverse order.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _kestrelStopped.TrySetResult();
        return Task.CompletedTask;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(3001, LogLevel.Warning, "No backend takes sessions after {Seconds} s. The frontend opens and answers 503 until one does; "
        + "check 'pbm cluster show' for backends.")]
    private static partial void NoBackend(ILogger logger, double seconds);
}
