using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Gateway;

namespace Pomegranate.Frontend.Edge;

/// <summary>
/// Kestrel's own sockets, with time between "no new connections" and "no connections" when the frontend stops. Kestrel
/// does both at once, and a request that a client of HTTP/1.1 sends just then on a connection it keeps meets a closed
/// one (RFC 9112, 9.6). In the time between, every answer says <c>Connection: close</c>; see <see cref="ConnectionClose"/>.
/// </summary>
internal sealed class GracefulListenerFactory(
    IOptions<SocketTransportOptions> sockets,
    ILoggerFactory loggers,
    IOptions<GatewayOptions> gateway,
    FrontendState state,
    TimeProvider time) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(sockets, loggers);

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await _sockets.BindAsync(endpoint, cancellationToken), this);

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        // Kestrel closes a port too when its configuration changes; then it has a time limit of its own.
        if (state.IsDraining)
        {
            state.IsClosing = true;
            await Task.Delay(gateway.Value.CloseDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private sealed class Listener(IConnectionListener inner, GracefulListenerFactory factory) : IConnectionListener
    {
        public EndPoint EndPoint => inner.EndPoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => inner.AcceptAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await inner.UnbindAsync(cancellationToken);
            await factory.WaitAsync(cancellationToken);
        }
    }
}
