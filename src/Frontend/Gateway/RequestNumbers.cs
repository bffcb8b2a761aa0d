using Akka.Actor;
using Akka.Cluster;
using RequestId = Pomegranate.Gateway.RequestId;

namespace Pomegranate.Frontend.Gateway;

/// <summary>Names this frontend's requests, those of all its apps: homes' streams find their request by its number. Thread-safe.</summary>
internal sealed class RequestNumbers(ActorSystem system)
{
    private readonly ulong _incarnation = unchecked((ulong)(long)Cluster.Get(system).SelfUniqueAddress.Uid);
    private ulong _last;

    public RequestId Next() => new(_incarnation, Interlocked.Increment(ref _last));
}
