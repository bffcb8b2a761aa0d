using System.Net.Sockets;

namespace Pomegranate.Liveness;

/// <summary>How one attempt to connect to a liveness port ended.</summary>
internal enum ProbeOutcome
{
    /// <summary>The expected incarnation greeted.</summary>
    Same,

    /// <summary>Another incarnation greeted.</summary>
    Other,

    /// <summary>The host is there and nobody listens.</summary>
    Refused,

    /// <summary>The network says that the host is not there.</summary>
    HostUnreachable,

    /// <summary>Nothing at all was heard in time.</summary>
    TimedOut,

    /// <summary>Somebody accepted and did not greet: a stopped, starved or dying process, or not ours.</summary>
    Mute,

    /// <summary>It failed on our side of the wire, and says nothing about the peer.</summary>
    LocalFailure,
}

/// <summary>What a socket error says about the peer.</summary>
internal static class ProbeOutcomes
{
    /// <summary>
    /// Only errors that another machine caused may speak against it. Everything unknown is ours: too many open
    /// files, no free port, an interface or a route that is gone, a firewall rule of our own.
    /// </summary>
    public static ProbeOutcome FromConnectError(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => ProbeOutcome.Refused,
        SocketError.HostUnreachable or SocketError.HostDown => ProbeOutcome.HostUnreachable,
        SocketError.TimedOut => ProbeOutcome.TimedOut,
        SocketError.ConnectionReset => ProbeOutcome.Mute,
        _ => ProbeOutcome.LocalFailure,
    };
}
