namespace Pomegranate.Backend.Server;

/// <summary>
/// What a backend does before its server stops: leaves the cluster and hands its sessions over. Optional service.
/// </summary>
internal interface IServerDrain
{
    /// <summary>Runs first in the server's stop, while the app's pipeline still takes requests.</summary>
    /// <param name="cancellationToken">Fires when the host's shutdown timeout has passed.</param>
    Task DrainAsync(CancellationToken cancellationToken);
}
