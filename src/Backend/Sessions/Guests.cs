using System.Collections.Concurrent;
using Akka.Actor;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions;

/// <summary>The requests that run here because they belong to this node, each with what runs it. Thread-safe.</summary>
internal sealed class Guests
{
    private readonly ConcurrentDictionary<RequestId, IActorRef> _byRequest = new();

    public int Count => _byRequest.Count;

    /// <summary>What runs the request that a message is about; null where it is none of those.</summary>
    public IActorRef? Find(ISessionMessage message) => _byRequest.IsEmpty ? null : message switch
    {
        RunRequest run => _byRequest.GetValueOrDefault(run.RequestId),
        FindRequest find => _byRequest.GetValueOrDefault(find.RequestId),
        CancelRequest cancel => _byRequest.GetValueOrDefault(cancel.RequestId),
        _ => null,
    };

    public void Arrived(RequestId request, IActorRef actor) => _byRequest[request] = actor;

    public void Gone(RequestId request) => _byRequest.TryRemove(request, out _);
}
