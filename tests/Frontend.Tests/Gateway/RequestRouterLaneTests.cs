using Pomegranate.Frontend.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Tests.Gateway;

/// <summary>Requests that wait on a lane, and when they become the router's.</summary>
public sealed class RequestRouterLaneTests : RouterTestKit
{
    private readonly SessionId _session = SessionId.NewRandom();
    private readonly FarEnd _far = FarEnd.To(Node);

    [Fact]
    public async Task HomeIsKnown_RequestGoesByTheLaneAndItsAnswerCompletesIt()
    {
        var lane = await LaneAsync();
        var request = await RunAsync(lane);

        _far.Reply(ReplyTo(request, ReplyKind.Response));

        Assert.Equal(ReplyKind.Response, (await AnswerOfAsync(request)).Kind);
        Assert.Equal(0, lane.Count);
        await HomesGetNothingMoreAsync();
    }

    [Fact]
    public async Task RoutersOwnRequest_GoesByTheLaneToo()
    {
        await LaneAsync();
        var request = Send(session: _session);

        Assert.Equal(request.Message.RequestId, (await _far.GetsAsync<RunRequest>()).RequestId);
        _far.Reply(ReplyTo(request, ReplyKind.Response));

        Assert.Equal(ReplyKind.Response, (await AnswerOfAsync(request)).Kind);
    }

    [Fact]
    public async Task LaneEnds_RequestIsAskedAfterThroughTheProxyAndNotSentAgain()
    {
        var lane = await LaneAsync();
        var request = await RunAsync(lane, "POST");

        _far.Dispose();

        Assert.Equal(request.Message.RequestId, (await HomeGetsAsync<FindRequest>()).RequestId);
        Assert.All(await HomesGetWhileAsync(TimeSpan.FromSeconds(1)), message => Assert.IsType<FindRequest>(message));
        Reply(request, ReplyKind.Response);
        Assert.Equal(ReplyKind.Response, (await AnswerOfAsync(request)).Kind);
    }

    [Fact]
    public async Task LaneEnds_NewRequestsGoThroughTheProxyUntilThereIsAnother()
    {
        var lane = await LaneAsync();
        Lane = null;
        _far.Dispose();
        await LaneIsGoneAsync();

        Assert.False(lane.TryRun(NewRequest(session: _session)));
        var request = Send(session: _session);
        Assert.Equal(request.Message, await HomeGetsAsync<RunRequest>());

        using var next = FarEnd.To(Node);
        Lane = next.Near;
        await PassAsync(TimeSpan.FromSeconds(1));
        var other = Send(session: _session);
        Assert.Equal(other.Message.RequestId, (await next.GetsAsync<RunRequest>()).RequestId);
    }

    [Fact]
    public async Task UnknownSession_RunsAgainUnderAFreshSessionId()
    {
        var lane = await LaneAsync();
        var request = await RunAsync(lane);

        _far.Reply(ReplyTo(request, ReplyKind.UnknownSession));

        // Another shard, whose home is not known.
        var again = await HomeGetsAsync<RunRequest>();
        Assert.Equal((request.Message.RequestId, true), (again.RequestId, again.IsFreshId));
    }

    [Fact]
    public async Task Undelivered_SentAgainThroughTheProxy()
    {
        var lane = await LaneAsync();
        var request = await RunAsync(lane, "POST");

        _far.Reply(ReplyTo(request, ReplyKind.Undelivered));
        await RouterHasAsync(1);

        Assert.Contains(await HomesGetWhileAsync(TimeSpan.FromMilliseconds(50)), message => message.Equals(request.Message));
    }

    [Fact]
    public async Task AnswerFromElsewhere_IsTheAnswerAndTheHomeIsForgotten()
    {
        var lane = await LaneAsync();
        var request = await RunAsync(lane);

        _far.Reply(ReplyTo(request, ReplyKind.Response), fromElsewhere: true);

        await AnswerOfAsync(request);
        var next = Send(session: _session);
        Assert.Equal(next.Message, await HomeGetsAsync<RunRequest>());
    }

    [Fact]
    public async Task AnotherBackendDies_RequestIsAskedAfterOnceByItsLane_BehindItself()
    {
        BackendUp(2);
        var lane = await LaneAsync();
        var request = await RunAsync(lane, "POST");

        BackendRemoved(2);

        Assert.Equal(request.Message.RequestId, (await _far.GetsAsync<FindRequest>()).RequestId);
        _far.Reply(ReplyTo(request, ReplyKind.Running));
        _far.Reply(ReplyTo(request, ReplyKind.Response));
        Assert.Equal(ReplyKind.Response, (await AnswerOfAsync(request)).Kind);
        await HomesGetNothingMoreAsync();
    }

    [Fact]
    public async Task AnotherBackendDies_NoAnswerByTheLane_IsAskedAfterThroughTheProxy()
    {
        BackendUp(2);
        var lane = await LaneAsync();
        var request = await RunAsync(lane);

        BackendRemoved(2);
        await _far.GetsAsync<FindRequest>();
        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromMilliseconds(200)));
        var sent = await HomesGetWhileAsync(TimeSpan.FromMilliseconds(100));

        Assert.NotEmpty(sent);
        Assert.All(sent, message => Assert.Equal(request.Message.RequestId, Assert.IsType<FindRequest>(message).RequestId));
    }

    [Fact]
    public async Task NoAnswerByTheDeadline_TheSilentLaneIsReset_SoThatTheRequestDoesNotArriveLater()
    {
        BackendUp(2);
        var request = await RunAsync(await LaneAsync(), "POST");
        BackendRemoved(2);
        await _far.GetsAsync<FindRequest>();

        await PassAsync(Options.FailoverDeadline + TimeSpan.FromSeconds(1));

        Assert.Equal(GatewayFailure.FailoverTimeout, (await FailureOfAsync(request)).Failure);
        await _far.Closed.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task NoAnswerByTheDeadline_ALaneByWhichOthersAreAnswered_Stays()
    {
        BackendUp(2);
        var lane = await LaneAsync();
        var (request, other) = (await RunAsync(lane, "POST"), await RunAsync(lane, "POST"));
        BackendRemoved(2);
        await _far.GetsAsync<FindRequest>();
        await _far.GetsAsync<FindRequest>();
        _far.Reply(ReplyTo(other, ReplyKind.Response));
        await AnswerOfAsync(other);

        await PassAsync(Options.FailoverDeadline + TimeSpan.FromSeconds(1));

        Assert.Equal(GatewayFailure.FailoverTimeout, (await FailureOfAsync(request)).Failure);
        await RunAsync(lane);
        Assert.False(_far.Closed.IsCompleted);
    }

    [Fact]
    public async Task ItsBackendDies_RequestIsAskedAfterThroughTheProxyAtOnce()
    {
        var lane = await LaneAsync();
        var request = await RunAsync(lane);
        BackendUp(2);

        BackendRemoved();

        // By the lane first, if that has not ended yet; nobody answers there.
        Assert.Contains(
            await HomesGetWhileAsync(TimeSpan.FromMilliseconds(50)), message => message is FindRequest find && find.RequestId == request.Message.RequestId);
        Assert.Null(Homes.Of(_session));
    }

    [Fact]
    public async Task ItsBackendsDeathIsProven_RequestIsAskedAfterThroughTheProxyBeforeTheMemberIsRemoved()
    {
        BackendUp(2);
        var lane = await LaneAsync();
        var request = await RunAsync(lane);

        await DeathOfBackendProvenAsync();

        Assert.Equal(request.Message.RequestId, (await HomeGetsAsync<FindRequest>()).RequestId);
        Reply(request, ReplyKind.NotSeen);
        Assert.Equal(request.Message.RequestId, (await HomeGetsAsync<RunRequest>()).RequestId);
    }

    [Fact]
    public async Task AnotherBackendsDeathWasProven_RequestSentMeanwhileIsAskedAfterByTheLaneWhenItIsRemoved()
    {
        // This home may have passed it on to the dead node, for which it took longer to learn of the death.
        BackendUp(2);
        var lane = await LaneAsync();
        await DeathOfBackendProvenAsync(2);
        await SettleAsync();
        var request = await RunAsync(lane);

        BackendRemoved(2);

        Assert.Equal(request.Message.RequestId, (await _far.GetsAsync<FindRequest>()).RequestId);
        _far.Reply(ReplyTo(request, ReplyKind.Response));
        await AnswerOfAsync(request);
    }

    [Fact]
    public async Task AnotherBackendHasJustDied_Post_IsAskedForByTheLane_ThenThroughTheProxy_ThenSent()
    {
        // What this frontend takes for the shard's home may take the dead node for it.
        BackendUp(2);
        await LaneAsync();
        BackendRemoved(2);

        var request = Send("POST", _session);

        Assert.Equal(request.Message.RequestId, (await _far.GetsAsync<FindRequest>()).RequestId);
        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromMilliseconds(200)));
        Assert.Contains(
            await HomesGetWhileAsync(TimeSpan.FromMilliseconds(100)), message => message is FindRequest find && find.RequestId == request.Message.RequestId);
        Reply(request, ReplyKind.NotSeen);
        Assert.Equal(request.Message, await HomeGetsAsync<RunRequest>());
    }

    [Fact]
    public async Task LongSilence_RequestIsAskedAfterByTheLane()
    {
        var lane = await LaneAsync();
        var request = await RunAsync(lane);

        await PassAsync(TimeSpan.FromSeconds(7));

        Assert.Equal(request.Message.RequestId, (await _far.GetsAsync<FindRequest>()).RequestId);
    }

    [Fact]
    public async Task ClientLeaves_WhenTheRouterTakesTheRequest_TheHomeIsToldByTheLane()
    {
        BackendUp(2);
        var lane = await LaneAsync();
        var request = await RunAsync(lane);

        // Neither there nor here when the news comes: it is on its way between the two.
        request.Abandon();
        BackendRemoved(2);

        Assert.Equal(request.Message.RequestId, (await _far.GetsAsync<CancelRequest>()).RequestId);
        Assert.Equal(0, State.Pending);
    }

    [Fact]
    public async Task RouterStops_RequestsOnLanesAreToldSo()
    {
        var lane = await LaneAsync();
        var request = await RunAsync(lane);

        Sys.Stop(Router);

        Assert.Equal(503, (await FailureOfAsync(request)).Status);
    }

    protected override void AfterAll()
    {
        _far.Dispose();
        base.AfterAll();
    }

    /// <summary>Backend 1 has answered for the session, and the lane to it is open.</summary>
    private async Task<HomeLane> LaneAsync()
    {
        Lane = _far.Near;
        BackendUp();
        var request = Send(session: _session);
        await HomeGetsAsync<RunRequest>();
        ReplyFromNode(request, ReplyKind.Response);
        await AnswerOfAsync(request);
        await AwaitConditionAsync(() => Task.FromResult(Homes.Of(_session)?.Lane is not null), TimeSpan.FromSeconds(10));
        return Homes.Of(_session)!.Lane!;
    }

    /// <summary>A request that the backend has got by the lane.</summary>
    private async Task<PendingRequest> RunAsync(HomeLane lane, string method = "GET")
    {
        var request = NewRequest(method, _session);
        Assert.True(lane.TryRun(request));
        Assert.Equal(request.Message.RequestId, (await _far.GetsAsync<RunRequest>()).RequestId);
        return request;
    }

    private Task LaneIsGoneAsync() => AwaitConditionAsync(() => Task.FromResult(Homes.Find(Node)?.Lane is null), TimeSpan.FromSeconds(10));

    private Task RouterHasAsync(int requests) => AwaitConditionAsync(() => Task.FromResult(State.Pending == requests), TimeSpan.FromSeconds(10));
}
