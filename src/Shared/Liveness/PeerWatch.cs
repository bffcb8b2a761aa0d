using System.Net;
using System.Net.Sockets;

namespace Pomegranate.Liveness;

/// <summary>
/// Watches one peer over one TCP connection, until it is proven dead or the watch is lost. Runs on the thread pool;
/// belongs to no actor.
/// </summary>
/// <remarks>
/// <code>
/// connect -- no --> NotEstablished                       proves nothing: it never worked
///    | greeted by the expected incarnation
/// silence  -- any error but a close --> Lost             a timed-out connection proves nothing
///    | closed by the peer's kernel
/// inquiry  -- DeathInquiry --> Dead, or back to silence  a false alarm
/// </code>
/// </remarks>
internal sealed class PeerWatch(TimeProvider time)
{
    private static readonly TimeSpan FirstConnectTimeout = TimeSpan.FromSeconds(2);

    // Keep-alive frees what a partition left half-open: without it the kernel of a machine that was cut off for long
    // would keep a connection that the other side has forgotten, and would never see it close.
    private const int KeepAliveSeconds = 30;
    private const int KeepAliveProbeSeconds = 10;
    private const int KeepAliveProbes = 3;

    /// <summary>How a watch ended.</summary>
    public enum Ending
    {
        NotEstablished,
        Lost,
        Dead,
    }

    /// <summary>What happens while a watch goes on.</summary>
    public enum Note
    {
        Established,
        Closed,
        FalseAlarm,
    }

    /// <param name="note">Called on a thread of the pool.</param>
    public async Task<Result> RunAsync(string host, int port, long incarnation, Action<Note> note, CancellationToken cancellation)
    {
        var (outcome, first) = await FirstConnectionAsync(host, port, incarnation, cancellation);
        if (first is null)
        {
            return new Result(Ending.NotEstablished, outcome, default);
        }

        note(Note.Established);
        for (var socket = first; ;)
        {
            IPEndPoint remote, local;
            using (socket)
            {
                // The address, not the name: a killed container's name is gone before we could resolve it again.
                remote = (IPEndPoint)socket.RemoteEndPoint!;
                local = (IPEndPoint)socket.LocalEndPoint!;
                EnableKeepAlive(socket);
                if (!await ClosedByPeerAsync(socket, cancellation))
                {
                    return new Result(Ending.Lost, outcome, default);
                }
            }

            note(Note.Closed);
            (var evidence, socket) = await InquireAsync(remote, local.Address, incarnation, cancellation);
            if (socket is null)
            {
                return new Result(Ending.Dead, outcome, evidence);
            }

            note(Note.FalseAlarm);
        }
    }

    internal static void EnableKeepAlive(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveProbeSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAliveProbes);
    }

    private async Task<(ProbeOutcome Outcome, Socket? Socket)> FirstConnectionAsync(
        string host, int port, long incarnation, CancellationToken cancellation)
    {
        var outcome = ProbeOutcome.LocalFailure;
        foreach (var address in await ResolveAsync(host, cancellation))
        {
            (outcome, var socket) = await LivenessProbe.ConnectAsync(
                new IPEndPoint(address, port), local: null, incarnation, FirstConnectTimeout, time, cancellation);
            if (socket is not null)
            {
                return (outcome, socket);
            }
        }

        return (outcome, null);
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        try
        {
            return IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellation);
        }
        catch (SocketException)
        {
            return [];
        }
    }

    /// <summary>Waits, for ever if need be. True only for what a kernel does when a process dies: end of file or reset.</summary>
    private static async Task<bool> ClosedByPeerAsync(Socket socket, CancellationToken cancellation)
    {
        var nothing = new byte[1];
        try
        {
            return await socket.ReceiveAsync(nothing, cancellation) == 0;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionReset;
        }
    }

    private async Task<(DeathEvidence Evidence, Socket? Socket)> InquireAsync(
        IPEndPoint remote, IPAddress local, long incarnation, CancellationToken cancellation)
    {
        var closed = time.GetTimestamp();
        var inquiry = new DeathInquiry();
        while (true)
        {
            var (outcome, socket) = await LivenessProbe.ConnectAsync(remote, local, incarnation, inquiry.NextTimeout, time, cancellation);
            switch (inquiry.Hear(outcome, time.GetElapsedTime(closed)))
            {
                case DeathInquiry.Verdict.Alive:
                    return (default, socket);
                case DeathInquiry.Verdict.Dead:
                    return (inquiry.Evidence, null);
                default:
                    await Task.Delay(inquiry.NextPause, time, cancellation);
                    break;
            }
        }
    }

    /// <summary>How a watch ended, and what was met.</summary>
    /// <param name="FirstConnection">How the first connection went.</param>
    /// <param name="Evidence">Meaningful only when <see cref="Ending.Dead"/>.</param>
    public readonly record struct Result(Ending Ending, ProbeOutcome FirstConnection, DeathEvidence Evidence);
}
