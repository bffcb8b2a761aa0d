using Akka.Actor;
using Pomegranate.Lanes;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// Opens a lane to each backend that has answered, and again after its end. The router's alone: it is told the messages
/// here, and hands them on.
/// </summary>
internal sealed class HomeLanes(Homes homes, Func<Address, Task<Lane?>> open, IActorContext router, ITimerScheduler timers)
{
    /// <summary>Until a lane that has ended, or could not be opened, is tried again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public void Open(Address node)
    {
        if (homes.Find(node) is { Lane: null })
        {
            open(node).PipeTo(router.Self, success: lane => new Opened(node, lane), failure: _ => new Opened(node, null, HasFailed: true));
        }
    }

    public void OnOpened(Opened opened)
    {
        var home = homes.Find(opened.Node);
        if (opened.Lane is not { } lane)
        {
            OpenLater(home, opened);
        }
        else if (home is { Lane: null })
        {
            var requests = new HomeLane(lane, router.Self);
            home.Lane = requests;
            requests.Start();
        }
        else
        {
            lane.Dispose();
        }
    }

    public void OnClosed(HomeLane lane)
    {
        if (homes.Find(lane.Node) is { } home && home.Lane == lane)
        {
            home.Lane = null;
            timers.StartSingleTimer(home.Node, new Again(home.Node), Pause);
        }
    }

    public void OnIdentity(ActorIdentity identity)
    {
        if (identity.MessageId is string name && homes.Find(Address.Parse(name)) is { } home)
        {
            home.Inlet = identity.Subject;
        }
    }

    private void OpenLater(Homes.Home? home, Opened opened)
    {
        if (home is not null && opened.HasFailed)
        {
            timers.StartSingleTimer(opened.Node, new Again(opened.Node), Pause);
        }
        else if (home is not null)
        {
            // An earlier build, which may have the inlet of the time between, or not even that.
            router.ActorSelection(new RootActorPath(opened.Node) / "user" / InletName).Tell(new Identify(opened.Node.ToString()), router.Self);
        }
    }

    /// <summary>An attempt to open a lane has ended; null where the node takes none, or it has failed.</summary>
    internal sealed record Opened(Address Node, Lane? Lane, bool HasFailed = false);

    /// <summary>It is time to try again.</summary>
    internal sealed record Again(Address Node);
}
