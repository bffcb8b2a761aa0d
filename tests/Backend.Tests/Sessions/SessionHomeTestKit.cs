using System.Threading.Channels;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>A session's home between a test's replica and a probe in the frontend's place.</summary>
public abstract class SessionHomeTestKit : TestKit
{
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Requests that have reached the app, each with the means to let it go on.</summary>
    private readonly Channel<TaskCompletionSource> _arrivals = Channel.CreateUnbounded<TaskCompletionSource>();

    protected SessionHomeTestKit() => Frontend = CreateTestProbe("frontend");

    private protected SessionId Id { get; } = SessionId.NewRandom();

    private protected TestHome Home { get; } = new();

    private protected StubReplica Replica => Home.Replica;

    private protected TestProbe Frontend { get; }

    /// <summary>Whether a request has reached the app that the test has not taken yet.</summary>
    private protected bool HasArrived => _arrivals.Reader.TryPeek(out _);

    protected override void AfterAll()
    {
        base.AfterAll();
        Home.Dispose();
    }

    /// <summary>The app's part: the request waits here until the test lets it go on.</summary>
    private protected Task ArriveAsync()
    {
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _arrivals.Writer.TryWrite(goOn);
        return goOn.Task;
    }

    private protected async Task<TaskCompletionSource> ArrivalAsync() =>
        await _arrivals.Reader.ReadAsync().AsTask().For("a request to reach the app");

    private protected async Task<RequestReply> FindAsync(IActorRef home, ulong number)
    {
        var asking = CreateTestProbe();
        home.Tell(new FindRequest(Request(number), Id), asking);
        return await ReplyAsync(asking);
    }

    private protected async Task<RequestReply> ReplyAsync(TestProbe? at = null) =>
        await (at ?? Frontend).ExpectMsgAsync<RequestReply>(Patience, "Waiting for a reply from the session's home.");

    /// <summary>The answer's <c>Set-Cookie</c>, up to its attributes; null for none.</summary>
    private protected static string? CookieOf(RequestReply reply) => reply.Response?.Header("Set-Cookie")?.Split(';')[0];

    private protected static string CookieOf(SessionId id) => $".Pomegranate.Session={id}";

    /// <summary>What takes the cookie from the client.</summary>
    private protected const string NoCookie = ".Pomegranate.Session=";

    /// <summary>What the replicas hold of the session.</summary>
    private protected SessionEntry Stored(byte count) => SessionEntry.Live(
        new(1, 1, 1), default, Home.Now, [new("count", new(1, 1, 1), [count])]);

    private protected static RequestId Request(ulong number) => new(0xF, number);
}
