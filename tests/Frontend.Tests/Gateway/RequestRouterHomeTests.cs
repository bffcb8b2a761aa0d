using Akka.Actor;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Tests.Gateway;

/// <summary>The router sends what is for one node in one message, once it knows the home and its inlet.</summary>
public sealed class RequestRouterHomeTests : RouterTestKit
{
    private readonly SessionId _session = SessionId.NewRandom();

    [Fact]
    public async Task HomeIsKnown_WhatWaitsTravelsInOneMessage()
    {
        await KnowHomeAsync();

        // Both are in the mailbox before the router comes to send the first.
        HoldRouter();
        var (first, second) = (Send(session: _session), Send(session: _session));
        ReleaseRouter();

        Assert.Equal([first.Message, second.Message], (await InletGetsAsync()).Items);
        await HomesGetNothingMoreAsync();
    }

    [Fact]
    public async Task HomeIsNotKnown_GoesThroughTheProxy()
    {
        BackendUp();

        var request = Send(session: _session);

        Assert.Equal(request.Message, await HomeGetsAsync<RunRequest>());
    }

    [Fact]
    public async Task NodeHasNoInlet_GoesThroughTheProxy()
    {
        BackendUp();
        var request = Send(session: _session);
        await HomeGetsAsync<RunRequest>();
        ReplyFromNode(request, ReplyKind.Response);
        Router.Tell(new ActorIdentity(Node.ToString(), null));

        var next = Send(session: _session);

        Assert.Equal(next.Message, await HomeGetsAsync<RunRequest>());
    }

    [Fact]
    public async Task NodeDies_GoesThroughTheProxy()
    {
        await KnowHomeAsync();

        BackendUp(2);
        BackendRemoved();
        var request = Send(session: _session);

        Assert.Equal(request.Message, await HomeGetsAsync<RunRequest>());
    }

    [Fact]
    public async Task NodeLeaves_GoesThroughTheProxyAndItsAnswersTeachNothing()
    {
        await KnowHomeAsync();

        BackendLeaving();
        var request = Send(session: _session);
        Assert.Equal(request.Message, await HomeGetsAsync<RunRequest>());
        ReplyFromNode(request, ReplyKind.Response);

        Assert.Equal(Send(session: _session).Message, await HomeGetsAsync<RunRequest>());
    }

    [Fact]
    public async Task Undelivered_HomeIsForgotten()
    {
        await KnowHomeAsync();
        var request = Send(session: _session);
        await InletGetsAsync();

        ReplyFromNode(request, ReplyKind.Undelivered);

        Assert.Contains(request.Message, await HomesGetWhileAsync(TimeSpan.FromMilliseconds(50)));
    }

    /// <summary>Backend 1 has answered for the session, and named its inlet.</summary>
    private async Task KnowHomeAsync()
    {
        BackendUp();
        var request = Send(session: _session);
        await HomeGetsAsync<RunRequest>();
        ReplyFromNode(request, ReplyKind.Response);
        await AnswerOfAsync(request);
        Router.Tell(new ActorIdentity(Node.ToString(), Inlet.Ref));
    }
}
