using Akka.Actor;

namespace Pomegranate.Backend.Sessions.Late;

/// <summary>The <see cref="LateChange"/>s at one home, from their arrival to their answer. Not thread-safe: the actor's own.</summary>
internal sealed class LateChanges(SessionServices services, RequestQueue queue, IActorRef home)
{
    private List<(LateChange Change, IActorRef Sender)>? _waiting;

    public bool HasWaiting => _waiting is not null;

    /// <summary>Until the session is open.</summary>
    public void Await(LateChange change, IActorRef sender) => (_waiting ??= []).Add((change, sender));

    /// <summary>The session is open.</summary>
    public void Begin(LiveSession session)
    {
        _waiting?.ForEach(waiting => Begin(session, waiting.Change, waiting.Sender));
        _waiting = null;
    }

    public void Begin(LiveSession session, LateChange change, IActorRef sender)
    {
        queue.Enter();
        session.Touch();
        LateCommit.RunAsync(session, change).PipeTo(
            home,
            success: reply => new Ended(change, reply, sender),
            failure: failure => new Ended(change, new(LateResult.Refused, failure.Message), sender));
    }

    public void End(Ended ended)
    {
        queue.Leave();
        if (!ended.Change.IsEmpty)
        {
            ended.Sender.Tell(ended.Reply);
        }
    }

    /// <summary>The session cannot be recovered.</summary>
    public void RefuseAll(string reason)
    {
        _waiting?.FindAll(waiting => !waiting.Change.IsEmpty).ForEach(waiting => waiting.Sender.Tell(new LateReply(LateResult.Refused, reason)));
        _waiting = null;
    }

    /// <summary>One that came beside the shard, to a home that stops: the shard keeps it for the next.</summary>
    public void PassOn(LateChange change, IActorRef sender) => services.Actors.Region?.Tell(change, sender);

    /// <summary>Those that wait are for another home.</summary>
    public void PassAllOn()
    {
        _waiting?.ForEach(waiting => PassOn(waiting.Change, waiting.Sender));
        _waiting = null;
    }

    /// <summary>What the home is told.</summary>
    internal sealed record Ended(LateChange Change, LateReply Reply, IActorRef Sender);
}
