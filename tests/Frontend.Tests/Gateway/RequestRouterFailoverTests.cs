using Akka.Actor;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Tests.Gateway;

/// <summary>The router when a backend dies, or is silent for long.</summary>
public sealed class RequestRouterFailoverTests : RouterTestKit
{
    /// <summary>Longer than the silence that a router bears.</summary>
    private static readonly TimeSpan LongSilence = TimeSpan.FromSeconds(7);

    [Fact]
    public async Task BackendRemoved_HomesAreForgottenBeforeRequestsAreAskedAfter()
    {
        // The region may know of the death before the coordinator does, and be told the dead home once more.
        BackendUp();
        var request = Send();
        await HomeGetsAsync<RunRequest>();

        BackendRemoved();

        await RegionForgetsHomeOfAsync(request.Message.SessionId);
        Assert.Equal(request.Message.RequestId, (await HomeGetsAsync<FindRequest>()).RequestId);
    }

    [Fact]
    public void ForgetHome_IsKnownToThisAkka() => Assert.NotNull(ForgetHome.Of("7"));

    [Fact]
    public async Task BackendDies_IdempotentRequest_IsAskedAfterAndSentOnceToAHomeThatHasNotSeenIt()
    {
        var request = await InFlightAsync("GET");

        BackendRemoved();

        var find = await HomeGetsAsync<FindRequest>();
        Assert.Equal([find, find, find], (await HomesGetWhileAsync(TimeSpan.FromMilliseconds(10 + 10 + 10))).Cast<FindRequest>());

        // A home says so to each question that waited for it.
        Reply(request, ReplyKind.NotSeen);
        Reply(request, ReplyKind.NotSeen);
        Assert.Equal(request.Message with { IsFreshId = false }, await HomeGetsAsync<RunRequest>());
        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromSeconds(1)));

        Reply(request, ReplyKind.Response);
        Assert.Equal(ReplyKind.Response, (await AnswerOfAsync(request)).Kind);
        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task BackendDies_IdempotentRequest_GoesInDoubtToAHomeThatKnowsWhichNeverRunTwice()
    {
        var request = await InFlightAsync("GET");
        BackendRemoved();
        await HomeGetsAsync<FindRequest>();

        Router.Tell(ReplyTo(request, ReplyKind.NotSeen) with { Status = TakesRequestsInDoubt, Reason = TakesRepeatsInDoubt });
        Assert.Equal(request.Message with { IsFreshId = false, IsInDoubt = true }, await HomeGetsAsync<RunRequest>());

        // Its session has ended meanwhile: under another id it is in doubt still.
        Reply(request, ReplyKind.UnknownSession);
        Assert.True((await HomeGetsAsync<RunRequest>()) is { IsFreshId: true, IsInDoubt: true });

        Reply(request, ReplyKind.NotSeen);
        Assert.Equal((503, GatewayFailure.MayHaveRun), await FailureOfAsync(request) is var failure ? (failure.Status, failure.Failure) : default);
    }

    [Fact]
    public async Task DeathProven_RequestsAreAskedAfterBeforeTheMemberIsRemoved()
    {
        var request = await InFlightAsync("GET");

        await DeathOfBackendProvenAsync();

        Assert.Equal(request.Message.RequestId, (await HomeGetsAsync<FindRequest>()).RequestId);
        Reply(request, ReplyKind.NotSeen);
        Assert.Equal(request.Message with { IsFreshId = false }, await HomeGetsAsync<RunRequest>());
    }

    [Fact]
    public async Task DeathProven_RequestSentThroughTheProxyMeanwhile_IsAskedAfterWhenTheMemberIsRemoved()
    {
        BackendUp();
        BackendUp(2);
        await DeathOfBackendProvenAsync();
        var request = Send();
        await HomeGetsAsync<RunRequest>();

        BackendRemoved();

        Assert.Equal(request.Message.RequestId, (await HomeGetsAsync<FindRequest>()).RequestId);
    }

    [Fact]
    public async Task DeathProven_RequestSentToALivingHome_IsAskedAfterWhenTheMemberIsRemoved()
    {
        // The living home may not know yet that its shard's home is dead, and pass the request on to it.
        BackendUp();
        BackendUp(2);
        var session = SessionId.NewRandom();
        var first = Send(session: session);
        await HomeGetsAsync<RunRequest>();
        ReplyFromNode(first, ReplyKind.Response);
        await AnswerOfAsync(first);
        Router.Tell(new ActorIdentity(Node.ToString(), Inlet.Ref));
        await DeathOfBackendProvenAsync(2);
        var request = Send(session: session);
        await InletGetsAsync();

        BackendRemoved(2);

        Assert.Equal(request.Message.RequestId, (await HomeGetsAsync<FindRequest>()).RequestId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BackendHasJustDied_Post_IsSentOnceAHomeHasAnswered(bool isRemoved)
    {
        BackendUp();
        BackendUp(2);
        await DeathOfBackendProvenAsync();
        if (isRemoved)
        {
            BackendRemoved();
        }

        var request = Send("POST");

        // The first question may go to the dead node, which the proxy still knows: nothing but the question is lost.
        var sent = await HomesGetWhileAsync(TimeSpan.FromMilliseconds(50));
        Assert.True(sent.Count > 1);
        Assert.All(sent, message => Assert.Equal(request.Message.RequestId, Assert.IsType<FindRequest>(message).RequestId));

        Reply(request, ReplyKind.NotSeen);
        Reply(request, ReplyKind.NotSeen);
        Assert.Equal(request.Message, await HomeGetsAsync<RunRequest>());
        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromSeconds(1)));
        Reply(request, ReplyKind.Response);
        Assert.Equal(ReplyKind.Response, (await AnswerOfAsync(request)).Kind);
    }

    [Fact]
    public async Task BackendHasDied_PostOnceTheNodesAgree_IsSentAtOnce()
    {
        BackendUp();
        BackendUp(2);
        await DeathOfBackendProvenAsync();
        BackendRemoved();
        await HomesGetWhileAsync(TimeSpan.FromSeconds(2.1));

        Assert.Equal(Send("POST").Message, await HomeGetsAsync<RunRequest>());
    }

    [Fact]
    public async Task BackendHasJustDied_GetOfWhichNothingIsHeard_IsAskedAfterSoon()
    {
        BackendUp();
        BackendUp(2);
        BackendRemoved();
        var request = Send();
        await HomeGetsAsync<RunRequest>();

        var sent = await HomesGetWhileAsync(TimeSpan.FromMilliseconds(600));

        Assert.NotEmpty(sent);
        Assert.All(sent, message => Assert.Equal(request.Message.RequestId, Assert.IsType<FindRequest>(message).RequestId));
        Reply(request, ReplyKind.NotSeen);
        Assert.Equal(request.Message.RequestId, (await HomeGetsAsync<RunRequest>()).RequestId);
    }

    [Fact]
    public async Task BackendHasJustDied_PostThatALivingHomeRuns_IsNotAskedAfterAgain()
    {
        BackendUp();
        BackendUp(2);
        BackendRemoved();
        var request = Send("POST");
        await HomeGetsAsync<FindRequest>();
        Reply(request, ReplyKind.NotSeen);
        await HomeGetsAsync<RunRequest>();

        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromSeconds(4)));
    }

    [Fact]
    public async Task BackendDies_PostThatMayHaveRun_IsAskedAfterAndRefused_NeverSentAgain()
    {
        var request = await InFlightAsync("POST");

        BackendRemoved();
        var find = await HomeGetsAsync<FindRequest>();
        Assert.Equal((request.Message.RequestId, request.Message.SessionId), (find.RequestId, find.SessionId));
        var more = await HomesGetWhileAsync(TimeSpan.FromSeconds(1));
        Reply(request, ReplyKind.NotSeen);

        Assert.NotEmpty(more);
        Assert.All(more, message => Assert.IsType<FindRequest>(message));
        var failure = await FailureOfAsync(request);
        Assert.Equal((GatewayFailure.MayHaveRun, 503), (failure.Failure, failure.Status));
        Assert.Contains("this POST died before it answered", failure.Message, StringComparison.Ordinal);
        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task BackendDies_HomeTakesRequestsInDoubt_IsSentThePostMarkedSo()
    {
        var request = await InFlightAsync("POST");
        BackendRemoved();
        await HomeGetsAsync<FindRequest>();

        Router.Tell(ReplyTo(request, ReplyKind.NotSeen) with { Status = TakesRequestsInDoubt });

        // As fresh as it was: a home that finds nothing must still know that the id is the frontend's own.
        Assert.Equal(request.Message with { IsInDoubt = true }, await HomeGetsAsync<RunRequest>());
        Assert.False(request.Answer.IsCompleted);
        Reply(request, ReplyKind.Response);
        Assert.Equal(ReplyKind.Response, (await AnswerOfAsync(request)).Kind);
    }

    [Fact]
    public async Task BackendDies_HomeTurnsThePostInDoubtAway_503()
    {
        var request = await InFlightAsync("POST");
        BackendRemoved();
        await HomeGetsAsync<FindRequest>();
        Router.Tell(ReplyTo(request, ReplyKind.NotSeen) with { Status = TakesRequestsInDoubt });
        await HomeGetsAsync<RunRequest>();

        Reply(request, ReplyKind.NotSeen);

        Assert.Equal(GatewayFailure.MayHaveRun, (await FailureOfAsync(request)).Failure);
    }

    [Fact]
    public async Task BackendDies_HomeHasThePostInDoubtAndThenTurnsItAway_503()
    {
        var request = await InFlightAsync("POST");
        BackendRemoved();
        await HomeGetsAsync<FindRequest>();
        Router.Tell(ReplyTo(request, ReplyKind.NotSeen) with { Status = TakesRequestsInDoubt });
        await HomeGetsAsync<RunRequest>();

        // To the next question; then the copy's turn has come.
        Reply(request, ReplyKind.Running);
        await SettleAsync();
        Reply(request, ReplyKind.NotSeen);

        Assert.Equal(GatewayFailure.MayHaveRun, (await FailureOfAsync(request)).Failure);
    }

    [Fact]
    public async Task BackendDies_HomeLivesAndRunsThePost_IsLeftInPeaceAndAnswers()
    {
        var request = await InFlightAsync("POST");
        BackendRemoved();
        await HomeGetsAsync<FindRequest>();

        Reply(request, ReplyKind.Running);
        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromSeconds(1)));

        // Said before the request was found: it means nothing any more.
        Reply(request, ReplyKind.NotSeen);
        await SettleAsync();
        Assert.False(request.Answer.IsCompleted);
        Reply(request, ReplyKind.Response);
        Assert.Equal(ReplyKind.Response, (await AnswerOfAsync(request)).Kind);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task BackendDies_UndeliveredRequest_IsSentAgain(string method)
    {
        var request = await InFlightAsync(method);
        BackendRemoved();
        Reply(request, ReplyKind.Undelivered);

        Assert.Contains(await HomesGetWhileAsync(TimeSpan.FromMilliseconds(25)), message => message.Equals(request.Message));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task BackendDies_NoNewHomeByTheDeadline_503AndALateReplyIsIgnored(string method)
    {
        var request = await InFlightAsync(method);
        BackendRemoved();

        await PassAsync(Options.FailoverDeadline - TimeSpan.FromSeconds(1));
        Assert.False(request.Answer.IsCompleted);
        await PassAsync(TimeSpan.FromSeconds(2));

        var failure = await FailureOfAsync(request);
        Assert.Equal((GatewayFailure.FailoverTimeout, 503), (failure.Failure, failure.Status));
        Assert.Contains("10 s (Pomegranate:Gateway:FailoverDeadline)", failure.Message, StringComparison.Ordinal);
        Reply(request, ReplyKind.Response);
        await HomesGetWhileAsync(TimeSpan.Zero);
        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task SecondBackendDies_DeadlineCountsFromTheFirst()
    {
        BackendUp(2);
        BackendUp(3);
        var request = await InFlightAsync("GET");
        BackendRemoved(1);
        await PassAsync(Options.FailoverDeadline - TimeSpan.FromSeconds(1));

        BackendRemoved(2);
        await PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(GatewayFailure.FailoverTimeout, (await FailureOfAsync(request)).Failure);
    }

    [Fact]
    public async Task OtherNodeDies_NobodyIsAskedAgain()
    {
        await InFlightAsync("GET");

        MemberRemoved(9, NodeRole.Frontend);

        await HomesGetNothingMoreAsync();
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task LongSilence_IsOnlyAskedAfter(string method)
    {
        await InFlightAsync(method);

        var sent = await HomesGetWhileAsync(LongSilence);

        Assert.NotEmpty(sent);
        Assert.All(sent, message => Assert.IsType<FindRequest>(message));
    }

    [Fact]
    public async Task LongSilence_HomeSaysItRuns_IsAskedAgainOnlyAfterAnotherSilence()
    {
        var request = await InFlightAsync("POST");
        await HomesGetWhileAsync(TimeSpan.FromSeconds(10));

        Reply(request, ReplyKind.Running);

        Assert.Empty(await HomesGetWhileAsync(TimeSpan.FromSeconds(4)));
        Assert.NotEmpty(await HomesGetWhileAsync(TimeSpan.FromSeconds(3)));
        Assert.False(request.Answer.IsCompleted);
    }

    /// <summary>A request that a home has got, while backend 1 is up.</summary>
    private async Task<PendingRequest> InFlightAsync(string method)
    {
        BackendUp();
        var request = Send(method);
        await HomeGetsAsync<RunRequest>();
        return request;
    }
}
