using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>What a <see cref="ViewNode"/> does to the world.</summary>
internal interface IViewOutput
{
    /// <summary>Sends a message to another member; it may get lost.</summary>
    void Send(UniqueAddress to, ViewProtocol.IMessage message);

    /// <summary>The node has gone on to this view: from now on words of earlier ones count for nothing.</summary>
    void Install(View view);

    /// <summary>A backend has shown that it is in the node's view: what waits for its word may be sent to it again.</summary>
    void Confirm(UniqueAddress backend);

    /// <summary>Enough backends of the view hold all that earlier views have acknowledged.</summary>
    void Settle(View view);

    /// <summary>Until when this node may answer for its sessions, by its own clock; earlier than now: it may not.</summary>
    void Lease(TimeSpan until);
}
