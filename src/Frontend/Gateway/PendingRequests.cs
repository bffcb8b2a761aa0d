using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>The requests that the router looks after, by number. The router's alone; only <see cref="Count"/> may be asked from elsewhere.</summary>
internal sealed class PendingRequests(HomeMail mail, TimeProvider time)
{
    private readonly Dictionary<ulong, PendingRequest> _requests = [];

    public int Count => _requests.Count;

    /// <summary>Those of the moment of the call.</summary>
    public IReadOnlyList<PendingRequest> All => [.. _requests.Values];

    public void Add(PendingRequest request) => _requests.Add(request.Number, request);

    public PendingRequest? Find(ulong number) => _requests.GetValueOrDefault(number);

    /// <summary>It is over.</summary>
    public void Remove(ulong number) => _requests.Remove(number);

    /// <summary>One that has waited on a lane is the router's from now on.</summary>
    public void Adopt(PendingRequest request)
    {
        if (!request.IsAnswered)
        {
            _requests[request.Number] = request;
        }
        else if (request.IsAbandoned)
        {
            // Its client has left meanwhile, and the news that it did has found it neither there nor here.
            Cancel(request);
        }
    }

    public void AdoptInDoubt(PendingRequest request)
    {
        Adopt(request);
        request.InDoubtSince ??= time.GetTimestamp();
    }

    /// <summary>Nobody waits for it any more: its home is told.</summary>
    public void Forget(ulong number)
    {
        if (_requests.Remove(number, out var request))
        {
            Cancel(request);
        }
    }

    private void Cancel(PendingRequest request)
    {
        var cancel = new CancelRequest(request.Message.RequestId, request.Message.SessionId);
        if (request.Lane?.TrySend(cancel) != true)
        {
            mail.Tell(request, cancel);
        }
    }
}
