using Pomegranate.Backend.Sessions;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;
using Pomegranate.Streaming;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>Which of a session's requests may run, by what the others do.</summary>
public sealed class RequestQueueTests
{
    private readonly ClusterSessionOptions _options = new() { MaxConcurrentRequests = 2, MaxQueuedRequests = 2 };
    private ulong _numbers;

    [Fact]
    public void TryNext_UnsafePlacesAreTaken_SafeRequestsRun()
    {
        var queue = new RequestQueue(_options);
        Add(queue, "POST", "POST", "POST", "GET", "POST", "GET", "GET");

        Assert.Equal([1, 2, 4, 6], RunAll(queue));
        Assert.True(queue.HasWaiting);
        Assert.Equal(3, queue.Waiting);
    }

    [Fact]
    public void TryNext_RoomForAll_InOrderOfArrival()
    {
        var queue = new RequestQueue(_options);
        Add(queue, "POST", "GET", "POST", "GET");

        Assert.Equal([1, 2, 3, 4], RunAll(queue));
    }

    [Fact]
    public void End_APlaceIsFree_TheNextOfItsKindRuns()
    {
        var queue = new RequestQueue(_options);
        Add(queue, "POST", "POST", "POST", "GET", "GET", "GET");
        var places = new List<RequestPlace>();
        RunAll(queue, places);

        queue.End(null, places[0]);
        Assert.Equal([3], RunAll(queue));
        queue.End(null, places[^1]);
        Assert.Equal([6], RunAll(queue));
    }

    [Theory]
    [InlineData("POST", "GET")]
    [InlineData("GET", "POST")]
    public void IsFullFor_NeitherPlaceNorRoomToWait_OnlyForThatKind(string full, string other)
    {
        var queue = new RequestQueue(_options);
        Add(queue, full, full);
        RunAll(queue);
        Assert.False(queue.IsFullFor(Request(full)));
        Add(queue, full, full);

        Assert.True(queue.IsFullFor(Request(full)));
        Assert.False(queue.IsFullFor(Request(other)));
    }

    [Fact]
    public void IsEmpty_UntilTheLastHasEnded()
    {
        var queue = new RequestQueue(_options);
        Assert.True(queue.IsEmpty);
        Add(queue, "GET", "POST");
        Assert.False(queue.IsEmpty);
        var places = new List<RequestPlace>();
        RunAll(queue, places);

        queue.End(null, places[0]);
        Assert.False(queue.IsEmpty);
        queue.End(null, places[1]);
        Assert.True(queue.IsEmpty);
        queue.Enter();
        Assert.False(queue.IsEmpty);
        queue.Leave();
        Assert.True(queue.IsEmpty);
    }

    private void Add(RequestQueue queue, params string[] methods) => Array.ForEach(methods, method => queue.Add(Request(method), isTooLate: false));

    private RunRequest Request(string method) => new(
        new RequestId(1, ++_numbers),
        new SessionId(1, 1),
        false,
        new WebRequest
        {
            Method = method,
            Scheme = "http",
            RawTarget = "/",
            Protocol = "HTTP/1.1",
            Headers = [],
            TraceIdentifier = "t",
        },
        new StreamTicket("127.0.0.1", 1, Guid.Empty));

    private static List<int> RunAll(RequestQueue queue, List<RequestPlace>? places = null)
    {
        var run = new List<int>();
        while (queue.TryNext(out var request, out var isTooLate))
        {
            var place = new RequestPlace(RequestRun.IsSafe(request));
            Assert.True(queue.TryRun(request, isTooLate, null, place));
            places?.Add(place);
            run.Add((int)request.RequestId.Number);
        }

        return run;
    }
}
