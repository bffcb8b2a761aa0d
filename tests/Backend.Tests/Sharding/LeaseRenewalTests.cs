using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Time.Testing;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sharding;
using Pomegranate.Backend.Tests.Replication;
using Pomegranate.Clustering;
using Pomegranate.Liveness;

namespace Pomegranate.Backend.Tests.Sharding;

/// <summary>The lease's time is the test's; questions and answers go over real connections.</summary>
public sealed class LeaseRenewalTests : IDisposable
{
    private static readonly NodeOptions Options = new() { AcceptableHeartbeatPause = TimeSpan.FromSeconds(2), SplitBrainStableAfter = TimeSpan.FromSeconds(1.5) };
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LengthWhenMissed = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly HomeLease _lease;
    private readonly List<BackendSystem> _nodes = [];

    public LeaseRenewalTests() => _lease = new HomeLease(_time, TimeSpan.FromSeconds(10));

    [Fact]
    public async Task OnlyBackend_HoldsItAlways()
    {
        await JoinAsync(1);
        Renewing();

        await HeldAsync();
        _time.Advance(Length);
        await HeldAsync();
    }

    [Fact]
    public async Task OfThree_OneAnswers_HoldsIt()
    {
        await JoinAsync(3);
        Answering(_nodes[1]);
        Renewing();

        await HeldAsync();
        _time.Advance(Length);
        await HeldAsync();
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 1)]
    public async Task HalfOrFewerWithItself_LosesIt(int backends, int answering)
    {
        await JoinAsync(backends);
        _nodes.Skip(1).Take(answering).ToList().ForEach(node => Answering(node));
        var last = _nodes[^1];
        var renewal = Renewing();
        var replica = Answering(last);
        await HeldAsync();

        // From here on it does not answer: what it was asked before counts until the lease ends.
        await replica.GracefulStop(Server.Deadline.Default);
        _time.Advance(Length);

        await AskedAsync(renewal);
        Assert.False(_lease.IsHeld);

        Answering(last);
        await HeldAsync();
    }

    [Fact]
    public async Task OneBackendDoesNotReachIt_LosesItThoughAllAnswer()
    {
        await JoinAsync(3);
        Answering(_nodes[1]);
        Answering(_nodes[2]);
        var renewal = Renewing();
        await HeldAsync();

        // The third no longer hears the first, and says so to all.
        ProvenDeaths.Of(_nodes[2].System.EventStream).Add(_nodes[0].Address);
        await Eventually.AwaitAsync(
            "the first to hear that the third misses it",
            () => Task.FromResult(ClusterInternals.Observers(_nodes[0].Cluster).ContainsKey(_nodes[0].Address)));
        await AskedAsync(renewal);
        Assert.True(_lease.IsHeld);
        _time.Advance(LengthWhenMissed);

        await AskedAsync(renewal);
        Assert.False(_lease.IsHeld);
    }

    public void Dispose() => _nodes.ForEach(node => node.Dispose());

    private IActorRef Renewing() => _nodes[0].System.ActorOf(LeaseRenewal.Props(_lease, NodeRole.Backend, Options, _time));

    private static IActorRef Answering(BackendSystem node) => node.System.ActorOf(Props.Empty, SessionReplica.Name);

    private Task HeldAsync() => Eventually.AwaitAsync("the lease to be held", () => Task.FromResult(_lease.IsHeld));

    /// <summary>Everybody was asked at the present time, and the answers of those who answer are there.</summary>
    private async Task AskedAsync(IActorRef renewal)
    {
        renewal.Tell(LeaseRenewal.Tick.Instance);
        await renewal.Ask<ActorIdentity>(new Identify(null), Server.Deadline.Default);

        // The questions above went before these on the same connections, and so did their answers.
        foreach (var node in _nodes.Skip(1))
        {
            await _nodes[0].System.ActorSelection(new RootActorPath(node.Address.Address) / "user" / SessionReplica.Name)
                .Ask<ActorIdentity>(new Identify(null), Server.Deadline.Default);
        }

        await renewal.Ask<ActorIdentity>(new Identify(null), Server.Deadline.Default);
    }

    private async Task JoinAsync(int backends)
    {
        for (var i = 0; i < backends; i++)
        {
            var node = BackendSystem.Start();
            _nodes.Add(node);
            await node.JoinAsync(i == 0 ? null : _nodes[0]);
        }

        await Eventually.AwaitAsync(
            $"the first to see {backends} backends Up",
            () => Task.FromResult(_nodes[0].Cluster.State.Members.Count(member => member.Status == MemberStatus.Up) == backends));
    }
}
