using Akka.Actor;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Tests.Gateway;

/// <summary>The router while all backends live.</summary>
public sealed class RequestRouterTests : RouterTestKit
{
    [Fact]
    public async Task Send_NoBackendUp_503AndNothingIsSent()
    {
        var failure = await FailureOfAsync(Send());

        Assert.Equal((GatewayFailure.NoBackend, 503), (failure.Failure, failure.Status));
        await HomesGetNothingMoreAsync();
    }

    [Fact]
    public async Task Send_BackendUp_HomeGetsItAndItsAnswerCompletesIt()
    {
        BackendUp();
        var request = Send("POST");

        Assert.Same(request.Message, await HomeGetsAsync<RunRequest>());
        var answer = ReplyTo(request, ReplyKind.Response);
        Router.Tell(answer);

        Assert.Same(answer, await AnswerOfAsync(request));
    }

    [Fact]
    public async Task Reply_RefusedOrAborted_IsPassedOn()
    {
        BackendUp();
        foreach (var kind in (ReplyKind[])[ReplyKind.Refused, ReplyKind.Aborted])
        {
            var request = Send();
            Reply(request, kind);
            Assert.Equal(kind, (await AnswerOfAsync(request)).Kind);
        }
    }

    [Fact]
    public async Task UnknownSession_RunsAgainUnderAFreshSessionId()
    {
        BackendUp();
        var asked = SessionId.NewRandom();
        var request = Send("POST", asked);
        Assert.False((await HomeGetsAsync<RunRequest>()).IsFreshId);

        Reply(request, ReplyKind.UnknownSession);

        var again = await HomeGetsAsync<RunRequest>();
        Assert.True(again.IsFreshId);
        Assert.NotEqual(asked, again.SessionId);
        Assert.Equal(request.Message.RequestId, again.RequestId);
    }

    [Fact]
    public async Task UnknownSession_OfAClientWithOtherIds_TriesThemFirst()
    {
        BackendUp();
        var (one, other) = (SessionId.NewRandom(), SessionId.NewRandom());
        var sent = NewRequest(session: SessionId.NewRandom());
        var request = new PendingRequest(sent.Message, isIdempotent: true, sent.HeardOfAt) { OtherSessions = new([one, other]) };
        Router.Tell(new RequestRouter.Send(request));
        await HomeGetsAsync<RunRequest>();

        foreach (var next in (SessionId[])[one, other])
        {
            Reply(request, ReplyKind.UnknownSession);
            Assert.Equal((next, false), await HomeGetsAsync<RunRequest>() is var again ? (again.SessionId, again.IsFreshId) : default);
        }

        Reply(request, ReplyKind.UnknownSession);
        Assert.True((await HomeGetsAsync<RunRequest>()).IsFreshId);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Undelivered_SentAgainAfterAStep_WhateverTheMethod(string method)
    {
        BackendUp();
        var request = Send(method);
        var first = await HomeGetsAsync<RunRequest>();

        Reply(request, ReplyKind.Undelivered);
        await HomesGetNothingMoreAsync();
        await PassAsync(TimeSpan.FromMilliseconds(25));

        Assert.Equal(first, await HomeGetsAsync<RunRequest>());
        await HomesGetNothingMoreAsync();
    }

    [Fact]
    public async Task Undelivered_ClientGoneMeanwhile_NotSentAgain()
    {
        BackendUp();
        var request = Send();
        await HomeGetsAsync<RunRequest>();

        Reply(request, ReplyKind.Undelivered);
        Router.Tell(new RequestRouter.Forget(request.Message.RequestId.Number));
        await HomeGetsAsync<CancelRequest>();

        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Forget_HomeIsToldToCancel_AndALateReplyIsIgnored()
    {
        BackendUp();
        var other = Send();
        await HomeGetsAsync<RunRequest>();
        var request = Send("POST");
        await HomeGetsAsync<RunRequest>();

        Router.Tell(new RequestRouter.Forget(request.Message.RequestId.Number));

        var cancel = await HomeGetsAsync<CancelRequest>();
        Assert.Equal((request.Message.RequestId, request.Message.SessionId), (cancel.RequestId, cancel.SessionId));
        Reply(request, ReplyKind.Response);
        Reply(other, ReplyKind.Response);
        await AnswerOfAsync(other);
        Assert.False(request.Answer.IsCompleted);
    }

    [Fact]
    public async Task Forget_AnsweredBefore_HomeHearsNothing()
    {
        BackendUp();
        var request = Send();
        await HomeGetsAsync<RunRequest>();
        Reply(request, ReplyKind.Response);

        Router.Tell(new RequestRouter.Forget(request.Message.RequestId.Number));

        await HomesGetNothingMoreAsync();
    }

    [Fact]
    public async Task SecondReply_IsIgnored()
    {
        BackendUp();
        var request = Send();
        var first = ReplyTo(request, ReplyKind.Response);
        Router.Tell(first);

        Reply(request, ReplyKind.UnknownSession);
        Reply(request, ReplyKind.Refused);

        await SettleAsync();
        Assert.Same(first, await AnswerOfAsync(request));
        await HomeGetsAsync<RunRequest>();
        await HomesGetNothingMoreAsync();
    }

    [Fact]
    public async Task Replies_OutOfOrder_ReachTheirOwnRequests()
    {
        BackendUp();
        var (one, other) = (Send(), Send());

        Reply(other, ReplyKind.Refused);
        Reply(one, ReplyKind.Response);

        Assert.Equal(ReplyKind.Response, (await AnswerOfAsync(one)).Kind);
        Assert.Equal(ReplyKind.Refused, (await AnswerOfAsync(other)).Kind);
    }

    [Fact]
    public async Task Backends_AreCountedOnceEach()
    {
        BackendUp(1);
        BackendUp(1);
        BackendUp(2);
        await SettleAsync();
        Assert.Equal(2, State.Count);

        BackendRemoved(1);
        BackendRemoved(1);
        await SettleAsync();
        Assert.Equal(1, State.Count);
    }

    [Fact]
    public async Task RouterStops_RequestsInFlightAreToldSo()
    {
        BackendUp();
        var request = Send();
        await SettleAsync();

        Sys.Stop(Router);

        var failure = await FailureOfAsync(request);
        Assert.Equal(503, failure.Status);
        Assert.Contains("left the cluster", failure.Message, StringComparison.Ordinal);
    }
}
