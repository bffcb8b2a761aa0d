using Akka.Actor;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// A session's recovery from the replicas while it is under way, and who asks meanwhile after requests that this home has
/// not had: only the replicas can tell. It ends as a message to the home. Not thread-safe: the actor's own.
/// </summary>
internal sealed class SessionRecovery
{
    private Dictionary<RequestId, IActorRef>? _askers;

    private SessionRecovery(bool isClaim) => IsClaim = isClaim;

    /// <summary>Whether the session is claimed: not to end one that nobody uses.</summary>
    public bool IsClaim { get; }

    public bool HasAskers => _askers is not null;

    public static SessionRecovery Start(SessionServices services, SessionId id, IActorRef home, bool isClaim)
    {
        var recovery = new SessionRecovery(isClaim);
        var views = services.Replica.Views;
        services.Replica.RecoverAsync(id, services.IsGuest || !isClaim ? null : services.Writer).PipeTo(
            home,
            success: entry => new Recovered(recovery, entry, views),
            failure: failure => new Failed(recovery, failure.Message));
        return recovery;
    }

    /// <summary>Begins anew with a claim, for those who have come meanwhile.</summary>
    public SessionRecovery Claim(SessionServices services, SessionId id, IActorRef home)
    {
        var claim = Start(services, id, home, isClaim: true);
        claim._askers = _askers;
        return claim;
    }

    /// <summary>Who asks twice is answered once.</summary>
    public void Await(RequestId request, IActorRef asker) => (_askers ??= [])[request] = asker;

    public void TellAskers(CommittedAnswers answers)
    {
        if (_askers is null)
        {
            return;
        }

        foreach (var (request, asker) in _askers)
        {
            asker.Tell(answers.Found(request));
        }
    }

    /// <param name="Entry">Null where the replicas have never heard of the session.</param>
    /// <param name="Views">When the reading began: <see cref="LiveSession.LookedAt"/>.</param>
    internal sealed record Recovered(SessionRecovery Of, SessionEntry? Entry, int Views);

    internal sealed record Failed(SessionRecovery Of, string Reason);
}
