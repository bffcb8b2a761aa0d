using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Pomegranate.Streaming;

/// <summary>
/// Opens connections to other nodes by their names, and needs a name only once: what runs must go on while it does not
/// resolve, because the name server is away or the node's entry was removed. Thread-safe.
/// </summary>
/// <remarks>
/// An incarnation of a node keeps its address, as a rule: that is tried first, so that a stream costs no question to a
/// name server. The next incarnation may have another one, and its predecessor's may be another node's by now.
/// </remarks>
internal sealed class PeerDialer(Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider time)
{
    /// <summary>The process's own, so that all that dials knows what one has found.</summary>
    public static PeerDialer Shared { get; } = new(Dns.GetHostAddressesAsync, TimeProvider.System);

    /// <summary>For an address that was good before, and for a name server, before the other is asked.</summary>
    private static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(string Host, int Port), Known> _known = new();

    /// <param name="incarnation">What is the same only as long as the process at the other end is.</param>
    /// <exception cref="SocketException">The name is not known and does not resolve, or nobody takes connections there.</exception>
    public async Task<Socket> ConnectAsync(string host, int port, object incarnation, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return await DialAsync([literal], port, cancellation);
        }

        var known = _known.GetValueOrDefault((host, port));
        if (known is not null && known.Incarnation.Equals(incarnation)
            && await TryAsync(limit => DialAsync([known.Address], port, limit), cancellation) is { } same)
        {
            return same;
        }

        var addresses = known is null
            ? await resolve(host, cancellation)
            : await TryAsync(limit => resolve(host, limit), cancellation) ?? [known.Address];
        var socket = await DialAsync(addresses, port, cancellation);
        if (socket.RemoteEndPoint is IPEndPoint remote)
        {
            _known[(host, port)] = new Known(incarnation, remote.Address);
        }

        return socket;
    }

    private static async Task<Socket> DialAsync(IPAddress[] addresses, int port, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Null where it has failed, or is not there after <see cref="HeadStart"/>.</summary>
    private async Task<T?> TryAsync<T>(Func<CancellationToken, Task<T>> attempt, CancellationToken cancellation)
        where T : class
    {
        using var patience = new CancellationTokenSource(HeadStart, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        try
        {
            return await attempt(either.Token).WaitAsync(either.Token);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private sealed record Known(object Incarnation, IPAddress Address);
}
