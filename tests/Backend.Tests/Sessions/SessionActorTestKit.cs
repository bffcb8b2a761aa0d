using Akka.Actor;
using Akka.Cluster.Sharding;
using Akka.TestKit;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Sharding;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Http;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>A session's home in the place of a shard's child, and an app that counts.</summary>
public abstract class SessionActorTestKit : SessionHomeTestKit
{
    protected SessionActorTestKit()
    {
        Shard = CreateTestProbe("shard");
        Home.App = context => context.Request.Path.Value switch
        {
            "/plain" => Task.CompletedTask,
            "/count" => CountAsync(context),
            "/held" => HeldCountAsync(context),
            "/waiting" => ArriveAsync(),
            "/read" => ReadAsync(context),
            "/other" => SetOther(context),
            "/abandon" => context.Session.AbandonAsync(),
            "/throw" => throw new InvalidOperationException("the app's own failure"),
            var path => throw new ArgumentException(path),
        };
    }

    private protected TestProbe Shard { get; }

    /// <summary>Where the frontend takes the answers that are streamed: nowhere.</summary>
    private protected virtual int StreamPort => 1;

    private protected IActorRef Start(HomeLease? lease = null) =>
        Shard.ChildActorOf(SessionActor.Props(Home.Services with { Lease = lease ?? Home.Lease }, Id.ToString()));

    /// <summary>A home that has recovered the session and answered a first request with number 1.</summary>
    /// <param name="answersFirst">Whether by a request: not where the test's own app would be in the way.</param>
    private protected async Task<IActorRef> OpenAsync(SessionEntry entry, bool answersFirst = true)
    {
        var actor = Start();
        var found = answersFirst ? null : FindAsync(actor, 1);
        if (answersFirst)
        {
            Run(actor, 1, "/plain");
        }

        (await Replica.NextRecoverAsync()).Answer(entry);
        Assert.Equal(answersFirst ? ReplyKind.Response : ReplyKind.NotSeen, (await (found ?? ReplyAsync())).Kind);
        return actor;
    }

    private protected void Run(IActorRef actor, ulong number, string path, bool fresh = false, TestProbe? from = null, string method = "GET",
        bool inDoubt = false) => actor.Tell(
        new RunRequest(Request(number), Id, fresh, new WebRequest
        {
            Method = method,
            Scheme = "http",
            RawTarget = path,
            Protocol = "HTTP/1.1",
            Headers = [new("Host", "shop.test")],
            TraceIdentifier = $"t{number}",
        }, new Pomegranate.Streaming.StreamTicket("127.0.0.1", StreamPort, Guid.Empty)) { IsInDoubt = inDoubt },
        from ?? Frontend);

    private protected async Task<ulong[]> ReplyNumbersAsync(int count)
    {
        var numbers = new ulong[count];
        for (var i = 0; i < count; i++)
        {
            numbers[i] = (await ReplyAsync()).RequestId.Number;
        }

        return numbers;
    }

    /// <summary>The home asks its shard to let it go, and does so when the shard agrees.</summary>
    private protected async Task PassivateAsync(IActorRef actor)
    {
        var passivate = await Shard.ExpectMsgAsync<Passivate>(Patience, "Waiting for the home to passivate itself.");
        Assert.Same(SessionActor.Stop.Instance, passivate.StopMessage);
        await StopAsync(actor);
    }

    private protected async Task StopAsync(IActorRef actor)
    {
        Watch(actor);
        actor.Tell(SessionActor.Stop.Instance);
        await ExpectTerminatedAsync(actor, Patience);
    }

    private protected async Task<SessionEnded> EndedAsync() => await Home.Ended.Reader.ReadAsync().AsTask().For("the news of the session's end");

    private protected static int Count(RequestReply reply)
    {
        Assert.Equal(ReplyKind.Response, reply.Kind);
        return int.Parse(reply.Response!.Header("X-Count")!, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static Task CountAsync(HttpContext context)
    {
        var count = (context.Session.TryGetValue("count", out var value) ? value[0] : 0) + 1;
        context.Session.Set("count", [(byte)count]);
        context.Response.Headers["X-Count"] = $"{count}";
        return Task.CompletedTask;
    }

    private static Task SetOther(HttpContext context)
    {
        context.Session.Set("other", [1]);
        return Task.CompletedTask;
    }

    private static Task ReadAsync(HttpContext context)
    {
        context.Response.Headers["X-Count"] = $"{(context.Session.TryGetValue("count", out var value) ? value[0] : 0)}";
        return Task.CompletedTask;
    }

    /// <summary>Takes the session's turn first, and holds it.</summary>
    private async Task HeldCountAsync(HttpContext context)
    {
        await CountAsync(context);
        await ArriveAsync();
    }
}
