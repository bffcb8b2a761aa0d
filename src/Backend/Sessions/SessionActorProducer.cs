using Akka.Actor;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sessions;

/// <summary>Makes a <see cref="SessionActor"/> without reflection: a request without a session makes one for itself alone.</summary>
internal sealed class SessionActorProducer(SessionServices services, SessionId id) : IIndirectActorProducer
{
    public Type ActorType => typeof(SessionActor);

    public ActorBase Produce() => new SessionActor(services, id);

    public void Release(ActorBase actor)
    {
        // Nothing was taken from anywhere.
    }
}
