using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Microsoft.Extensions.Options;
using Pomegranate.Clustering;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>The HTTP side's way into the cluster: a request and a session id in, the home's answer out. Thread-safe.</summary>
internal sealed class ClusterGateway
{
    private readonly GatewayOptions _options;
    private readonly TimeProvider _time;
    private readonly ulong _incarnation;
    private readonly IActorRef _router;
    private ulong _lastNumber;

    public ClusterGateway(ActorSystem system, IOptions<GatewayOptions> options, IOptions<NodeOptions> node, FrontendState state, TimeProvider time)
    {
        _options = options.Value;
        _time = time;
        _incarnation = unchecked((ulong)(long)Cluster.Get(system).SelfUniqueAddress.Uid);
        Region = ClusterSharding.Get(system).StartProxy(
            SessionSharding.TypeName, NodeRole.Backend, new SessionSharding(node.Value.Shards));
        system.ActorOf(UndeliveredRequests.Props(node.Value.NodeName), UndeliveredRequests.Name);
        _router = system.ActorOf(RequestRouter.Props(Region, _options, state, time), "request-router");
    }

    /// <summary>The proxy of the backends' shard regions.</summary>
    public IActorRef Region { get; }

    /// <param name="session">The client's session; null for a client without one.</param>
    /// <param name="clientGone">Fires when nobody waits for the answer any more.</param>
    /// <exception cref="GatewayException">There is no answer from the app; the exception says what to tell the client.</exception>
    public async Task<RequestReply> SendAsync(WebRequest request, SessionId? session, CancellationToken clientGone)
    {
        var id = new RequestId(_incarnation, Interlocked.Increment(ref _lastNumber));
        var message = new RunRequest(id, session ?? SessionId.NewRandom(), IsFreshId: session is null, request);
        var pending = new PendingRequest(message, IsIdempotent(request.Method), _time.GetTimestamp());
        _router.Tell(new RequestRouter.Send(pending), ActorRefs.NoSender);
        try
        {
            return await pending.Answer.WaitAsync(_options.RequestTimeout, _time, clientGone);
        }
        catch (TimeoutException)
        {
            _router.Tell(new RequestRouter.Forget(id.Number), ActorRefs.NoSender);
            throw new GatewayException(
                GatewayFailure.RequestTimeout, 504,
                $"The app has not answered within {_options.RequestTimeout.TotalSeconds:0.#} s (Pomegranate:Gateway:RequestTimeout).");
        }
        catch (OperationCanceledException)
        {
            _router.Tell(new RequestRouter.Forget(id.Number), ActorRefs.NoSender);
            throw;
        }
    }

    private static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)
        || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsTrace(method);
}
