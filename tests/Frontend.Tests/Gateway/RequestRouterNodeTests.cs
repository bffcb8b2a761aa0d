using Akka.Actor;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Tests.Gateway;

/// <summary>Requests that belong to something that lives on one node: they go there, whoever is home to their session.</summary>
public sealed class RequestRouterNodeTests : RouterTestKit
{
    private static readonly string s_target = "/hub?id=" + NodeMark.Add("token", 1);
    private readonly FarEnd _far = FarEnd.To(Node);
    private readonly SessionId _session = SessionId.NewRandom();

    [Fact]
    public async Task BelongsToANode_GoesThereByTheLane_AndItsAnswerTeachesNothingOfTheSessionsHome()
    {
        await LaneAsync();
        var request = SendFor(session: null);

        Assert.True((await _far.GetsAsync<RunRequest>()).IsForNode);
        _far.Reply(ReplyTo(request, ReplyKind.Response));
        await AnswerOfAsync(request);
        Assert.Null(Homes.Of(request.Message.SessionId));
        await HomesGetNothingMoreAsync();
    }

    [Fact]
    public async Task HomeSaysElsewhere_SentToTheNodeUnderTheSameSession()
    {
        await LaneAsync();
        var request = SendFor(_session);
        Assert.False((await HomeGetsAsync<RunRequest>()).IsForNode);

        Reply(request, ReplyKind.Elsewhere);

        var run = await _far.GetsAsync<RunRequest>();
        Assert.Equal((true, _session, s_target), (run.IsForNode, run.SessionId, run.Request.RawTarget));
    }

    [Fact]
    public async Task SessionIsNotKnown_SentToTheNodeUnderAFreshOne()
    {
        await LaneAsync();
        var request = SendFor(_session);
        await HomeGetsAsync<RunRequest>();

        Reply(request, ReplyKind.UnknownSession);

        var run = await _far.GetsAsync<RunRequest>();
        Assert.True(run is { IsForNode: true, IsFreshId: true });
        Assert.NotEqual(_session, run.SessionId);
    }

    [Fact]
    public async Task NodeIsGone_TheAppSeesARequestThatComesTooLate()
    {
        BackendUp(2);
        var request = SendFor(session: null);
        await SettleAsync();

        // No lane, and nobody answers at the node's address: it dies.
        BackendRemoved();
        Assert.Equal(request.Message.RequestId, (await HomeGetsAsync<FindRequest>()).RequestId);
        Reply(request, ReplyKind.NotSeen);

        var run = await HomeGetsAsync<RunRequest>();
        Assert.Equal((false, "/hub?id=token"), (run.IsForNode, run.Request.RawTarget));
    }

    [Fact]
    public async Task HomeSaysElsewhere_NodeIsGoneHere_TheAppSeesARequestThatComesTooLate()
    {
        BackendUp(2);
        var request = NewRequest("GET", _session, s_target);
        Router.Tell(new RequestRouter.Send(request));
        await HomeGetsAsync<RunRequest>();

        Reply(request, ReplyKind.Elsewhere);

        Assert.Equal("/hub?id=token", (await HomeGetsAsync<RunRequest>()).Request.RawTarget);
    }

    [Fact]
    public async Task AnotherBackendHasJustDied_PostForANode_IsSentThereAtOnce()
    {
        await LaneAsync();
        BackendUp(2);
        BackendRemoved(2);

        SendFor(session: null, "POST");

        Assert.True((await _far.GetsAsync<RunRequest>()).IsForNode);
    }

    protected override void AfterAll()
    {
        _far.Dispose();
        base.AfterAll();
    }

    /// <summary>Backend 1 has answered for some session, and the lane to it is open.</summary>
    private async Task LaneAsync()
    {
        Lane = _far.Near;
        BackendUp();
        var request = Send();
        await HomeGetsAsync<RunRequest>();
        ReplyFromNode(request, ReplyKind.Response);
        await AnswerOfAsync(request);
        await AwaitConditionAsync(() => Task.FromResult(Homes.Find(Node)?.Lane is not null), TimeSpan.FromSeconds(10));
    }

    /// <summary>As the gateway makes it of a target that bears the mark of backend 1.</summary>
    private PendingRequest SendFor(SessionId? session, string method = "GET")
    {
        BackendUp();
        var request = NewRequest(method, session, s_target);
        request.Node = 1;
        request.Message = request.Message with { IsForNode = session is null };
        Router.Tell(new RequestRouter.Send(request));
        return request;
    }
}
