using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pomegranate.Backend.DataProtection;
using Pomegranate.Backend.Durability;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Sharding;
using Pomegranate.Clustering;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using Pomegranate.Views;

namespace Pomegranate.Backend.Hosting;

/// <summary>
/// A backend's start and end, in order: join the cluster, complete the replica, share the data protection keys (all
/// before the app's own services start), then, with the app's pipeline ready, take shards; at the end hand them over.
/// </summary>
internal sealed partial class BackendNode(
    IServiceProvider services,
    ReplicaClient replicaClient,
    IOptions<NodeOptions> node,
    IOptions<ReplicationOptions> replication,
    IOptions<ClusterSessionOptions> sessions,
    DurableSessions durable,
    SessionClock clock,
    TimeProvider time,
    ILoggerFactory loggers,
    ILogger<BackendNode> logger) : IHostedLifecycleService, IServerDrain, IDisposable
{
    /// <summary>How long the end of a session waits for one of the app's handlers.</summary>
    private static readonly TimeSpan EndedPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan JoinReminder = TimeSpan.FromSeconds(10);

    private HomeLease? _lease;
    private FoundingGate? _founding;
    private ActorSystem? _system;
    private BackendGauges? _gauges;
    private LaneListener? _lanes;

    /// <summary>Why it waits for others although it has joined; null when it does not.</summary>
    public string? WaitingFor => _founding?.WaitingFor ?? durable.WaitingFor;

    /// <summary>Whether this node's replica is complete and it takes shards.</summary>
    public bool IsReady { get; private set; }

    public Task StartingAsync(CancellationToken cancellationToken) => UnlessStoppedAsync(JoinAsync, cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => UnlessStoppedAsync(TakeShardsAsync, cancellationToken);

    /// <summary>A node may be told to stop while it still waits: then it stops, and that is no failure.</summary>
    private static async Task UnlessStoppedAsync(Func<CancellationToken, Task> step, CancellationToken cancellation)
    {
        try
        {
            await step(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The host goes on to stop what it has started.
        }
    }

    private async Task JoinAsync(CancellationToken cancellationToken)
    {
        var system = _system = services.GetNodeSystem();
        var log = loggers.CreateLogger("Pomegranate.Lanes");
        _lanes = system.OpenLanes(node.Value, log);
        var view = new ReplicaView();
        _lease = new HomeLease(time, replication.Value.CommitTimeout);
        _lanes.Accept(LaneChannel.Replicas, lane => new StoreLane(lane, system, replicaClient, view));
        var replica = replicaClient.Start(system, view, replication.Value, time, new LaneDialer(system, log));
        system.ActorOf(Props.Create(() => new BucketSource(view)), BucketSource.Name);

        var completed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _founding = new FoundingGate(replication.Value.MinimumBackends);
        var views = await system.ActorSelection($"/user/{ViewActor.Name}").ResolveOne(JoinReminder, cancellationToken);
        var sync = system.ActorOf(
            ReplicaSync.Props(replica, views, completed, AppName.RoleOf(node.Value.App), clock, _founding, durable.GateOf(system)), ReplicaSync.Name);
        views.Tell(new ViewActor.Serve(
            new BackendViews(sync, _lease), backends => Quorum.ReadSize(replication.Value, backends), replication.Value.MinimumBackends));
        CoordinatedShutdown.Get(system).AddTask("leave-view", "leave-view", async () =>
        {
            if (CoordinatedShutdown.Get(system).ShutdownReason is CoordinatedShutdown.ClusterDowningReason)
            {
                // The others have gone on without it already, and tell it nothing more.
                return Akka.Done.Instance;
            }

            // A system that has ended has left, and answers nothing more; the phase has a time limit besides.
            await Task.WhenAny(views.Ask<ViewActor.Left>(ViewActor.Leave.Instance), system.WhenTerminated);
            return Akka.Done.Instance;
        });
        await WaitAsync(completed.Task, cancellationToken);

        await ShareKeysAsync(system, cancellationToken);
    }

    private async Task TakeShardsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var server = (PomegranateServer)services.GetRequiredService<IServer>();
        var context = new SessionServices(
            replicaClient, sessions.Value, node.Value.NodeName, unchecked((ulong)(long)Cluster.Get(_system!).SelfUniqueAddress.Uid),
            time, logger, NotifyEndedAsync, await server.Ready.WaitAsync(cancellationToken))
        {
            Lease = _lease!,
            Clock = clock,
            Keyed = new KeyedEndpoints(services.GetService<EndpointDataSource>()),
            Cookie = new SessionCookie(services.GetRequiredService<IOptions<SessionOptions>>().Value),
            IsMember = IsMember,
        };

        _gauges = new BackendGauges(node.Value.NodeName, server, context.Actors);
        var sharding = new SessionSharding(node.Value.Shards);
        var region = await ClusterSharding.Get(_system!).StartAsync(
            AppName.ShardTypeOf(node.Value.App),
            id => SessionActor.Props(context, id),
            ClusterShardingSettings.Create(_system!),
            sharding,
            new RendezvousShardAllocation(node.Value.App, logger),
            SessionActor.Stop.Instance);
        context.Actors.Region = region;
        TakenHomes.Watch(replicaClient, context.Actors, region, sharding);
        var guests = new Guests();
        var guestHouse = _system!.ActorOf(GuestHouse.Props(context with { IsGuest = true, Actors = new LiveActors { Region = region } }, guests), "guest-house");
        var door = new RequestDoor(region, context.Actors, guestHouse, guests);
        _system!.ActorOf(RequestInlet.Props(region, door), GatewayProtocol.InletName);
        _lanes!.Accept(LaneChannel.Requests, lane => new RequestLane(lane, door, _system!));
        _system!.ActorOf(ExpirySweep.Props(context, region, sharding, EffectiveGrace), "expiry-sweep");
        _system!.ActorOf(UndeliveredRequests.Props(node.Value.NodeName), UndeliveredRequests.Name);
        _system!.ActorOf(FailoverAccelerator.Props(node.Value.App, region, sharding.Names), "failover-accelerator");
        IsReady = true;
        Ready(logger, node.Value.NodeName, Cluster.Get(_system!).SelfAddress.ToString());
    }

    /// <summary>Hands the shards over and leaves, while the pipeline can still finish what it has begun.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        IsReady = false;
        if (_system is not null)
        {
            await CoordinatedShutdown.Get(_system).Run(CoordinatedShutdown.ClusterLeavingReason.Instance).WaitAsync(cancellationToken);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _gauges?.Dispose();

    private TimeSpan EffectiveGrace => TimeSpan.FromTicks(
        Math.Max(replication.Value.RemovalGrace.Ticks, 2 * sessions.Value.IdleTimeout.Ticks));

    private bool IsMember(int incarnation) =>
        Cluster.Get(_system!).State.Members.Any(member => member.UniqueAddress.Uid == incarnation && member.Status is not (MemberStatus.Down or MemberStatus.Removed));

    private async Task WaitAsync(Task completed, CancellationToken cancellation)
    {
        while (await Task.WhenAny(completed, Task.Delay(JoinReminder, time, cancellation)) != completed)
        {
            cancellation.ThrowIfCancellationRequested();
            if (WaitingFor is { } others)
            {
                WaitingForOthers(logger, others);
                continue;
            }

            Waiting(logger, Cluster.Get(_system!).SelfMember.Status.ToString(), string.Join(", ", node.Value.Seeds));
        }
    }

    private async Task ShareKeysAsync(ActorSystem system, CancellationToken cancellation)
    {
        // An app that keeps its keys elsewhere goes on doing so.
        if (services.GetRequiredService<IOptions<KeyManagementOptions>>().Value.XmlRepository is ClusterKeyRepository keys)
        {
            await keys.StartAsync(
                () => services.GetRequiredService<IDataProtectionProvider>().CreateProtector("Pomegranate.FirstKey").Protect([0]),
                cancellation);
        }
    }

    private async Task NotifyEndedAsync(SessionEnded ended)
    {
        foreach (var handler in services.GetServices<ISessionEndedHandler>())
        {
            try
            {
                await handler.OnSessionEndedAsync(ended).WaitAsync(EndedPatience, time);
            }
            catch (Exception failure)
            {
                // One handler's failure must not keep the news from the others.
                logger.EndedHandlerFailed(failure);
            }
        }
    }

    [LoggerMessage(2001, LogLevel.Information, "Backend {Node} ({Address}) is ready and takes sessions.")]
    private static partial void Ready(ILogger logger, string node, string address);

    [LoggerMessage(2002, LogLevel.Warning, "Still waiting to join the cluster and to copy its sessions (this member is {Status}). "
        + "Check that a seed runs and can be reached: {Seeds}.")]
    private static partial void Waiting(ILogger logger, string status, string seeds);

    [LoggerMessage(2003, LogLevel.Warning, "{Reason}")]
    private static partial void WaitingForOthers(ILogger logger, string reason);
}
