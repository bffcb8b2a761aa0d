using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Hosting;

/// <summary>
/// A frontend's end: not ready first, so that balancers turn away, then, after the drain delay, no new connections;
/// Kestrel finishes the requests it has, and the node leaves the cluster last.
/// </summary>
internal sealed class FrontendNode(FrontendState state, IOptions<GatewayOptions> options, TimeProvider time) : IHostedLifecycleService
{
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        state.IsDraining = true;
        await Task.Delay(options.Value.DrainDelay, time, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
