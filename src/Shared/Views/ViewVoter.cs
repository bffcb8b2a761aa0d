using Akka.Cluster;
using static Pomegranate.Views.ViewProtocol;

namespace Pomegranate.Views;

/// <summary>
/// One member's vote in the decision what follows a view: the acceptor of Lamport's "Paxos Made Simple" (2001). It is
/// forgotten once the decision is known.
/// </summary>
internal sealed class ViewVoter
{
    private Ballot _promised;

    /// <summary>What it has accepted last; null if nothing. It may have been decided.</summary>
    public View? Accepted { get; private set; }

    public Ballot AcceptedIn { get; private set; }

    public Ballot Promised => _promised;

    /// <returns>Whether the promise is given.</returns>
    public bool Promise(Ballot ballot)
    {
        if (ballot < _promised)
        {
            return false;
        }

        _promised = ballot;
        return true;
    }

    /// <returns>Whether it is accepted.</returns>
    public bool Accept(Ballot ballot, View next)
    {
        if (ballot < _promised)
        {
            return false;
        }

        _promised = AcceptedIn = ballot;
        Accepted = next;
        return true;
    }

    /// <summary>The decision is known: the next one begins.</summary>
    public void Reset()
    {
        _promised = AcceptedIn = default;
        Accepted = null;
    }
}
