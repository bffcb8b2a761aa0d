using System.Collections.Immutable;
using System.Reflection;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Akka.Util;
using Microsoft.Extensions.Time.Testing;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using Pomegranate.Liveness;
using Pomegranate.Sessions;
using Pomegranate.Streaming;
using static Pomegranate.Gateway.GatewayProtocol;
using RequestId = Pomegranate.Gateway.RequestId;
using WebRequest = Pomegranate.Http.WebRequest;
using WebResponse = Pomegranate.Http.WebResponse;

namespace Pomegranate.Frontend.Tests.Gateway;

/// <summary>A router between a test's clients and a probe in the region's place. Time passes when the test says so.</summary>
public abstract class RouterTestKit : TestKit
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private static readonly Config Configuration = ConfigurationFactory.ParseString("""
        akka {
          actor.provider = cluster
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
          scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        }
        """);

    private readonly FakeTimeProvider _time = new();
    private readonly TestProbe _region;
    private TestProbe? _inlet;
    private ulong _lastNumber;

    protected RouterTestKit()
        : base(Configuration)
    {
        _region = CreateTestProbe("region");
        Router = Sys.ActorOf(RequestRouter.Props(
            AppName.Default, _region.Ref, Options, State, _time, Homes, _ => Lane is { } lane ? Task.FromResult<Lane?>(lane) : new TaskCompletionSource<Lane?>().Task), "router");
    }

    private protected IActorRef Router { get; }

    private protected SessionSharding Sharding { get; } = new(64);

    private protected Homes Homes { get; } = new(new SessionSharding(64));

    /// <summary>
    /// What the router gets when it opens a lane; null for nothing yet. Not that there is none: the router would ask backend 1
    /// itself for its inlet, and the answer, that nobody is at that address, would come in the midst of the test.
    /// </summary>
    private protected Lane? Lane { get; set; }

    private protected AppBackends State { get; } = new();

    private protected GatewayOptions Options { get; } = new();

    /// <summary>Sends a request; the router has passed it on.</summary>
    private protected PendingRequest Send(string method = "GET", SessionId? session = null)
    {
        var pending = NewRequest(method, session);
        Router.Tell(new RequestRouter.Send(pending));
        return pending;
    }

    private protected PendingRequest NewRequest(string method = "GET", SessionId? session = null, string target = "/")
    {
        var request = new WebRequest
        {
            Method = method,
            Scheme = "http",
            RawTarget = target,
            Protocol = "HTTP/1.1",
            Headers = [],
            TraceIdentifier = "trace",
        };
        var message = new RunRequest(new RequestId(7, ++_lastNumber), session ?? SessionId.NewRandom(), IsFreshId: session is null, request, new StreamTicket("127.0.0.1", 1, Guid.Empty));
        return new PendingRequest(message, isIdempotent: method == "GET", _time.GetTimestamp());
    }

    private protected void Reply(PendingRequest request, ReplyKind kind) => Router.Tell(ReplyTo(request, kind));

    private protected static RequestReply ReplyTo(PendingRequest request, ReplyKind kind) => new(
        request.Message.RequestId, kind, "backend", kind == ReplyKind.Response ? new WebResponse { StatusCode = 200, Headers = [] } : null);

    /// <summary>The address of backend 1.</summary>
    private protected static Address Node { get; } = new("akka.tcp", "test", "10.0.0.1", 1);

    /// <summary>In the place of backend 1's inlet.</summary>
    private protected TestProbe Inlet => _inlet ??= CreateTestProbe("inlet");

    /// <summary>An answer that backend 1 has sent.</summary>
    private protected void ReplyFromNode(PendingRequest request, ReplyKind kind) => Router.Tell(ReplyTo(request, kind), new RemoteSender(Node));

    /// <summary>The next message to backend 1's inlet.</summary>
    private protected Task<SessionMessages> InletGetsAsync() => Inlet.ExpectMsgAsync<SessionMessages>(Limit).AsTask();

    /// <summary>The router handles no message until <see cref="ReleaseRouter"/>.</summary>
    private protected void HoldRouter() => ((IInternalActorRef)Router).Suspend();

    private protected void ReleaseRouter() => ((IInternalActorRef)Router).Resume();

    /// <summary>The next message to a session's home, whatever the region is told of homes before it.</summary>
    private protected async Task<T> HomeGetsAsync<T>()
    {
        while (true)
        {
            var message = await _region.ExpectMsgAsync<object>(Limit);
            if (message is T || !IsForget(message))
            {
                return Assert.IsType<T>(message);
            }
        }
    }

    /// <summary>The next message to the region is that it forgets the home of this session.</summary>
    private protected async Task RegionForgetsHomeOfAsync(SessionId session)
    {
        var message = await _region.ExpectMsgAsync<object>(Limit);
        Assert.Equal(ForgetHome.Of(Sharding.ShardOf(session)), message);
    }

    /// <summary>What only the region is told: most are Akka's own messages, which are internal to it.</summary>
    private static bool IsForget(object message) =>
        message.GetType() == ForgetHome.Of("1")!.GetType() || message == ShardingInternals.Retry || message is ClusterEvent.MemberRemoved;

    /// <summary>Nothing more is on its way to any home.</summary>
    private protected async Task HomesGetNothingMoreAsync()
    {
        await SettleAsync();
        _region.Ref.Tell("nothing more");
        Assert.Equal("nothing more", await HomeGetsAsync<string>());
    }

    /// <summary>Time passes, for timers and for clocks, in steps as short as the router's own.</summary>
    private protected async Task PassAsync(TimeSpan time)
    {
        var step = TimeSpan.FromMilliseconds(5);
        for (var passed = TimeSpan.Zero; passed < time; passed += step)
        {
            await SettleAsync();
            _time.Advance(step);
            ((TestScheduler)Sys.Scheduler).Advance(step);
        }

        await SettleAsync();
    }

    /// <summary>Everything that happens to come from homes within a time.</summary>
    private protected async Task<IReadOnlyList<object>> HomesGetWhileAsync(TimeSpan time)
    {
        await PassAsync(time);
        _region.Ref.Tell("end");
        var got = new List<object>();
        while (await _region.ReceiveOneAsync(Limit) is { } message and not "end")
        {
            if (!IsForget(message))
            {
                got.Add(message);
            }
        }

        return got;
    }

    private protected static Task<RequestReply> AnswerOfAsync(PendingRequest request) => EndAsync(request);

    private protected static Task<GatewayException> FailureOfAsync(PendingRequest request) =>
        Assert.ThrowsAsync<GatewayException>(() => EndAsync(request));

    private protected void BackendUp(int number = 1) => Router.Tell(new ClusterEvent.MemberUp(NewMember(number, NodeRole.Backend, MemberStatus.Up)));

    private protected void BackendRemoved(int number = 1) => MemberRemoved(number, NodeRole.Backend);

    /// <summary>This node has proven it; all have yet to agree.</summary>
    private protected async Task DeathOfBackendProvenAsync(int number = 1)
    {
        // The router subscribes when it starts.
        await SettleAsync();
        Sys.EventStream.Publish(new DeathProven(NewMember(number, NodeRole.Backend, MemberStatus.Up).UniqueAddress, DeathEvidence.Refused));
    }

    private protected void BackendLeaving() => Router.Tell(new ClusterEvent.MemberLeft(NewMember(1, NodeRole.Backend, MemberStatus.Leaving)));

    private protected void MemberRemoved(int number, string role) =>
        Router.Tell(new ClusterEvent.MemberRemoved(NewMember(number, role, MemberStatus.Removed), MemberStatus.Down));

    /// <summary>The router has done all it was told.</summary>
    private protected Task SettleAsync() => Router.Ask<ActorIdentity>(new Identify(null), Limit);

    private static async Task<RequestReply> EndAsync(PendingRequest request)
    {
        try
        {
            return (await request.Answer.WaitAsync(Limit)).Reply;
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Not within {Limit.TotalSeconds} s: the end of request {request.Message.RequestId}.");
        }
    }

    /// <summary>An actor of another node.</summary>
    private sealed class RemoteSender(Address node) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(node) / "system" / "sharding" / "session" / "1" / "a";

        public override IActorRefProvider Provider => throw new NotSupportedException();
    }

    // Akka.Cluster has no public way to make a member.
    private static Member NewMember(int number, string role, MemberStatus status) => (Member)typeof(Member)
        .GetMethod(
            "Create", BindingFlags.Static | BindingFlags.NonPublic,
            [typeof(UniqueAddress), typeof(int), typeof(MemberStatus), typeof(ImmutableHashSet<string>), typeof(AppVersion)])!
        .Invoke(null, [new UniqueAddress(new Address("akka.tcp", "test", "10.0.0.1", number), number), number, status, ImmutableHashSet.Create(role), AppVersion.Zero])!;
}
