using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Pomegranate.Clustering;

/// <summary>Runs a node's host from start to end.</summary>
internal static class NodeRun
{
    /// <summary>
    /// As <c>RunAsync</c>, but a node that is told to stop while it still starts stops what it has started, leaves the
    /// cluster if it has joined it, and has not failed: the host lets the start's cancellation through, which ended the
    /// process with 134.
    /// </summary>
    public static async Task RunNodeAsync(this IHost host)
    {
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        try
        {
            await host.StartAsync();
            await host.WaitForShutdownAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await host.StopAsync();
        }
        finally
        {
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }
}
