using System.Net;
using System.Net.Sockets;

namespace Pomegranate.Liveness;

/// <summary>One attempt to connect to a liveness port and to read who is there.</summary>
internal static class LivenessProbe
{
    /// <param name="local">
    /// The local address to connect from, or null. An inquiry connects from the address the lost connection had: if
    /// it is no longer ours, binding fails here and is recognised as our own fault.
    /// </param>
    /// <param name="timeout">For connecting, and again for the greeting.</param>
    /// <returns>The outcome, with the open socket where it is <see cref="ProbeOutcome.Same"/>.</returns>
    public static async Task<(ProbeOutcome Outcome, Socket? Socket)> ConnectAsync(
        IPEndPoint remote, IPAddress? local, long incarnation, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        Socket? socket = null;
        var outcome = ProbeOutcome.LocalFailure;
        try
        {
            socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (local is not null)
            {
                socket.Bind(new IPEndPoint(local, 0));
            }

            outcome = await ConnectAsync(socket, remote, timeout, time, cancellation)
                ?? await GreetingAsync(socket, incarnation, timeout, time, cancellation);
        }
        catch (SocketException e)
        {
            outcome = ProbeOutcomes.FromConnectError(e.SocketErrorCode);
        }
        finally
        {
            if (outcome != ProbeOutcome.Same)
            {
                socket?.Dispose();
            }
        }

        return outcome == ProbeOutcome.Same ? (outcome, socket) : (outcome, null);
    }

    private static async Task<ProbeOutcome?> ConnectAsync(
        Socket socket, IPEndPoint remote, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            await socket.ConnectAsync(remote, linked.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return ProbeOutcome.TimedOut;
        }

        // A port of the ephemeral range that nobody listens on can be chosen as our own source port: TCP then
        // connects the socket to itself. Nobody else was there to be connected to.
        return Equals(socket.LocalEndPoint, socket.RemoteEndPoint) ? ProbeOutcome.Refused : null;
    }

    private static async Task<ProbeOutcome> GreetingAsync(
        Socket socket, long incarnation, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        var greeting = new byte[LivenessGreeting.Size];
        var filled = 0;
        try
        {
            while (filled < greeting.Length)
            {
                var read = await socket.ReceiveAsync(greeting.AsMemory(filled), linked.Token);
                if (read == 0)
                {
                    return ProbeOutcome.Mute;
                }

                filled += read;
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return ProbeOutcome.Mute;
        }
        catch (SocketException)
        {
            return ProbeOutcome.Mute;
        }

        if (!LivenessGreeting.TryRead(greeting, out var heard))
        {
            return ProbeOutcome.Mute;
        }

        return heard == incarnation ? ProbeOutcome.Same : ProbeOutcome.Other;
    }
}
