using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>
/// What a request changes in its session after its response has begun. Such a response is streamed after a moment; then no reply
/// comes from the home.
/// </summary>
public sealed class SessionActorLateTests : SessionActorTestKit
{
    private readonly TcpListener _frontend = new(IPAddress.Loopback, 0);

    public SessionActorLateTests()
    {
        _frontend.Start();
        _ = DrainAsync();
    }

    private protected override int StreamPort => ((IPEndPoint)_frontend.LocalEndpoint).Port;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Late_Change_IsStoredByCommitOrAtTheEnd(bool commits)
    {
        Home.App = async context =>
        {
            await context.Response.StartAsync();
            context.Session.Set("late", [9]);
            if (commits)
            {
                await context.Session.CommitAsync();
                await ArriveAsync();
            }
        };
        var actor = await OpenAsync(Stored(1), answersFirst: false);

        Run(actor, 2, "/any", method: "POST");
        var entry = await Replica.AcknowledgeAsync();

        Assert.Equal([9], entry.Find("late"));
        if (commits)
        {
            (await ArrivalAsync()).SetResult();
        }

    }

    [Fact]
    public async Task Late_SessionThatDoesNotExist_CannotBeEstablished()
    {
        var refusal = new TaskCompletionSource<string>();
        Home.App = async context =>
        {
            await context.Response.StartAsync();
            refusal.SetResult(Assert.Throws<InvalidOperationException>(() => context.Session.Set("late", [9])).Message);
        };
        Run(Start(), 1, "/any", fresh: true);

        Assert.Contains("cannot be established after the response has started", await refusal.Task.For("the refusal"), StringComparison.Ordinal);
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task Late_ReadAddWrite_WaitsForTheOtherAndIsRight()
    {
        Home.App = async context =>
        {
            await context.Response.StartAsync();
            var count = (context.Session.TryGetValue("count", out var value) ? value[0] : 0) + 1;
            context.Session.Set("count", [(byte)count]);
            await context.Session.CommitAsync();
        };
        var actor = await OpenAsync(Stored(0), answersFirst: false);
        for (ulong number = 2; number < 12; number++)
        {
            Run(actor, number, "/any", method: number % 2 == 0 ? "GET" : "POST");
        }

        var last = Stored(0);
        for (var request = 0; request < 10; request++)
        {
            last = await Replica.AcknowledgeAsync();
        }

        Assert.Equal([10], last.Find("count"));
    }

    [Fact]
    public async Task Late_OthersHaveChangedWhatItHasRead_CommitThrowsAndNothingIsLost()
    {
        var outcome = new TaskCompletionSource<string>();
        Home.App = async context =>
        {
            if (context.Request.Method == "POST")
            {
                context.Session.Set("count", [5]);
                return;
            }

            await context.Response.StartAsync();
            var count = context.Session.TryGetValue("count", out var value) ? value[0] : 0;
            await ArriveAsync();
            context.Session.Set("count", [(byte)(count + 1)]);
            outcome.SetResult((await Assert.ThrowsAsync<SessionCommitException>(() => context.Session.CommitAsync())).Message);
            Assert.True(context.Session.TryGetValue("count", out var now));
            Assert.Equal([5], now);
        };
        var actor = await OpenAsync(Stored(0), answersFirst: false);
        Run(actor, 2, "/any");
        var late = await ArrivalAsync();
        Home.Time.Advance(Home.Options.TurnPatience);
        Run(actor, 3, "/any", method: "POST");
        await Replica.AcknowledgeAsync();
        Assert.Equal(3ul, (await ReplyAsync()).RequestId.Number);

        late.SetResult();

        Assert.Contains("is not stored", await outcome.Task.For("the commit to fail"), StringComparison.Ordinal);
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task Late_ReadBeforeTheResponseAndWrittenAfter_OthersHaveChangedIt_IsNotStored()
    {
        var outcome = new TaskCompletionSource<string>();
        Home.App = async context =>
        {
            if (context.Request.Method == "POST")
            {
                context.Session.Set("count", [5]);
                return;
            }

            var count = context.Session.Get("count")![0];
            await context.Response.StartAsync();
            await ArriveAsync();
            context.Session.Set("count", [(byte)(count + 1)]);
            outcome.SetResult((await Assert.ThrowsAsync<SessionCommitException>(() => context.Session.CommitAsync())).Message);
        };
        var actor = await OpenAsync(Stored(0), answersFirst: false);
        Run(actor, 2, "/any");
        var late = await ArrivalAsync();
        Run(actor, 3, "/any", method: "POST");
        await Replica.AcknowledgeAsync();
        Assert.Equal(3ul, (await ReplyAsync()).RequestId.Number);

        late.SetResult();

        Assert.Contains("is not stored", await outcome.Task.For("the commit to fail"), StringComparison.Ordinal);
        Assert.False(Replica.HasBeenAsked);
    }

    [Fact]
    public async Task Late_ItsOwnChangesAndOthersOfOtherValues_AreNoConflict()
    {
        Home.App = async context =>
        {
            if (context.Request.Method == "POST")
            {
                context.Session.Set("other", [5]);
                return;
            }

            var count = context.Session.Get("count")![0];
            context.Session.Set("count", [++count]);
            await context.Response.StartAsync();
            await ArriveAsync();
            for (var i = 0; i < 2; i++)
            {
                context.Session.Set("count", [++count]);
                await context.Session.CommitAsync();
            }
        };
        var actor = await OpenAsync(Stored(0), answersFirst: false);
        Run(actor, 2, "/any");
        await Replica.AcknowledgeAsync();
        var late = await ArrivalAsync();
        Run(actor, 3, "/any", method: "POST");
        await Replica.AcknowledgeAsync();
        Assert.Equal(3ul, (await ReplyAsync()).RequestId.Number);

        late.SetResult();

        Assert.Equal([2], (await Replica.AcknowledgeAsync()).Find("count"));
        Assert.Equal([3], (await Replica.AcknowledgeAsync()).Find("count"));
    }

    [Fact]
    public async Task Late_TaskThatOutlivesItsRequest_CommitsThroughTheNextHome()
    {
        var session = new TaskCompletionSource<ISession>();
        Home.App = context =>
        {
            context.Session.Set("early", [1]);
            session.SetResult(context.Session);
            return Task.CompletedTask;
        };
        var actor = await OpenAsync(Stored(0), answersFirst: false);
        Run(actor, 2, "/any");
        var early = Stored(0).Merge(await Replica.AcknowledgeAsync());
        await ReplyAsync();
        await StopAsync(actor);
        var next = Start();
        Home.Services.Actors.Region = next;

        var late = await session.Task;
        var reading = late.LoadAsync();
        (await Replica.NextRecoverAsync()).Answer(early);
        await reading.For("what the replicas know");
        Assert.True(late.TryGetValue("count", out var count));
        late.Set("count", [(byte)(count![0] + 1)]);
        var commit = late.CommitAsync();
        (await Replica.NextRecoverAsync()).Answer(early);
        var entry = await Replica.AcknowledgeAsync();

        await commit.For("the commit at the next home");
        Assert.Equal([1], entry.Find("count"));
        Assert.True(entry.Version > early.Version);
    }

    [Fact]
    public async Task Late_UseOfTheSession_KeepsItFromExpiring()
    {
        RequestSession? streaming = null;
        Home.App = context =>
        {
            streaming ??= (RequestSession)context.Session;
            return Task.CompletedTask;
        };
        var actor = await OpenAsync(Stored(1), answersFirst: true);
        Home.Time.Advance(Home.Options.IdleTimeout * 0.9);
        streaming!.NoteTraffic();
        var used = await Replica.AcknowledgeAsync();

        Home.Time.Advance(Home.Options.IdleTimeout * 0.9);
        Run(actor, 2, "/any");

        await Replica.AcknowledgeAsync();
        Assert.Equal(ReplyKind.Response, (await ReplyAsync()).Kind);
        Assert.Equal(Home.Now - (long)(Home.Options.IdleTimeout * 0.9).TotalMilliseconds, used.LastAccess);
    }

    protected override void AfterAll()
    {
        _frontend.Dispose();
        base.AfterAll();
    }

    private async Task DrainAsync()
    {
        try
        {
            while (true)
            {
                var client = await _frontend.AcceptTcpClientAsync();
                _ = client.GetStream().CopyToAsync(Stream.Null).ContinueWith(_ => client.Dispose(), TaskScheduler.Default);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
