using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Pomegranate.Clustering;
using Pomegranate.Gateway;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>
/// Asks after the requests that may have died with a backend, in ever longer steps, until a home has said whether it has
/// them or the failover deadline has passed. The router's alone.
/// </summary>
/// <remarks>
/// Asked after, again and again; only a home that has not seen a request is sent another copy (by the router, on its
/// answer), so that no copy waits in a buffer to run after later requests of its session.
/// </remarks>
internal sealed class RequestDoubt(
    PendingRequests pending, Homes homes, HomeMail mail, IActorRef region, TimeProvider time, ITimerScheduler timers, ILoggingAdapter log)
{
    /// <summary>Between two times that the requests in doubt are asked after.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);

    /// <summary>Silence after which a home is asked whether it still has the request: remoting may have lost a message.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the nodes take at most to know that a backend is gone, each at its own time. One that does not know it yet
    /// passes on to the dead node what it takes for that node's: seen with a shard that had moved there, of which this
    /// frontend did not know. The POST was lost, and missed only after <see cref="Silence"/>.
    /// </summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    /// <summary>Meanwhile: between two looks for what was lost, and the silence after which something may be.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ShortSilence = TimeSpan.FromMilliseconds(250);

    /// <summary>A question by a lane that lives is answered within this time, or its request has gone elsewhere.</summary>
    private static readonly TimeSpan LanePatience = TimeSpan.FromMilliseconds(250);

    private long? _doubtSince;

    /// <summary>Its failover deadline is the limit.</summary>
    public required GatewayOptions Options { get; set; }

    /// <summary>A lane has ended: the backend died, or the connection broke. What was on its way may have arrived or not.</summary>
    public void LaneClosed(List<PendingRequest> unanswered)
    {
        if (unanswered.Count > 0)
        {
            unanswered.ForEach(pending.AdoptInDoubt);
            _doubtSince ??= time.GetTimestamp();
            AskAgain();
        }
    }

    /// <summary>A backend is gone, and any request in flight may have been there: another home may have passed it on.</summary>
    public void BackendGone(UniqueAddress dead)
    {
        foreach (var lane in homes.Lanes)
        {
            lane.TakeSent().ForEach(pending.AdoptInDoubt);
        }

        var all = pending.All;
        log.Info("Backend {0} is gone; asking after {1} requests in flight.", dead.Address, all.Count);
        var now = time.GetTimestamp();
        foreach (var request in all)
        {
            request.InDoubtSince ??= now;
        }

        homes.UnsettledUntil = now + Ticks(Settling);
        timers.StartSingleTimer(nameof(Unsettled), Unsettled.Instance, LookInterval);
        _doubtSince = now;
        AskAgain();
    }

    /// <summary>Whether some node may still take a dead backend for a home.</summary>
    public bool IsUnsettled => time.GetTimestamp() < homes.UnsettledUntil;

    /// <summary>The request is new and not sent: it will be when a home has answered.</summary>
    public void AskFirst(PendingRequest request)
    {
        var now = time.GetTimestamp();
        request.InDoubtSince = now;
        request.Lane = homes.Of(request.Message.SessionId)?.Lane;
        _doubtSince ??= now;
        Ask(request, TimeSpan.Zero, []);
        if (!timers.IsTimerActive(nameof(Round)))
        {
            timers.StartSingleTimer(nameof(Round), Round.Instance, Shortest);
        }
    }

    /// <summary>
    /// What was sent since the backend was gone may have been passed on to it nevertheless. Only what may be sent twice: the
    /// rest was not sent before a home had answered.
    /// </summary>
    public void LookForLost()
    {
        AskAfterSilence(ShortSilence, request => request is { MayBeSentAgain: true, IsFound: false });
        if (IsUnsettled)
        {
            timers.StartSingleTimer(nameof(Unsettled), Unsettled.Instance, LookInterval);
        }
    }

    /// <summary>One round: asks after all that are in doubt, and has itself called again while there are any.</summary>
    public void AskAgain()
    {
        var inDoubt = 0;
        var now = time.GetTimestamp();
        var shortest = TimeSpan.MaxValue;
        var asked = new HashSet<string>();
        foreach (var request in pending.All)
        {
            if (request.InDoubtSince is not { } since)
            {
                continue;
            }

            var waited = time.GetElapsedTime(since, now);
            if (waited > Options.FailoverDeadline)
            {
                pending.Remove(request.Number);
                if (request.AskedBy is var (silent, heard) && silent.Heard == heard)
                {
                    // The network holds the request: when it heals, it would run after all, behind what its client has done since.
                    silent.Abort();
                }

                request.Fail(new GatewayException(
                    GatewayFailure.FailoverTimeout, 503,
                    $"The session has no new home after {Options.FailoverDeadline.TotalSeconds:0.#} s (Pomegranate:Gateway:FailoverDeadline). Try again in a moment."));
                continue;
            }

            inDoubt++;
            shortest = waited < shortest ? waited : shortest;
            Ask(request, waited, asked);
        }

        if (inDoubt > 0)
        {
            if (ShardingInternals.Retry is { } retry)
            {
                // The proxy by itself looks for the coordinator, and for the homes of what it holds back, every 100 ms.
                region.Tell(retry, ActorRefs.NoSender);
            }

            timers.StartSingleTimer(nameof(Round), Round.Instance, PauseAfter(shortest, inDoubt));
        }
        else if (_doubtSince is { } began)
        {
            _doubtSince = null;
            log.Info("No request is in doubt any more, {0:F0} ms after the backend was gone.", time.GetElapsedTime(began).TotalMilliseconds);
        }
    }

    /// <summary>Remoting may have lost a message: what nothing was heard of for long is asked after too.</summary>
    public void CheckSilence() => AskAfterSilence(Silence, _ => true);

    private void AskAfterSilence(TimeSpan silence, Func<PendingRequest, bool> which)
    {
        var heardOfBefore = time.GetTimestamp() - Ticks(silence);
        foreach (var lane in homes.Lanes)
        {
            lane.TakeSent(heardOfBefore).ForEach(pending.Adopt);
        }

        foreach (var request in pending.All)
        {
            if (request.InDoubtSince is null && request.HeardOfAt < heardOfBefore && which(request))
            {
                request.HeardOfAt = time.GetTimestamp();
                request.InDoubtSince = time.GetTimestamp();
                timers.StartSingleTimer(nameof(Round), Round.Instance, TimeSpan.Zero);
            }
        }
    }

    /// <param name="waited">Since when it is in doubt.</param>
    /// <param name="forgotten">The shards whose home the proxy has been told to forget in this round.</param>
    private void Ask(PendingRequest request, TimeSpan waited, HashSet<string> forgotten)
    {
        var find = new FindRequest(request.Message.RequestId, request.Message.SessionId);
        if (request.Lane is { } lane)
        {
            // Once the way that the request went, behind it: a home that still has it says so.
            if (request.IsAskedOnLane ? waited < LanePatience : lane.TrySend(find))
            {
                request.AskedBy ??= (lane, lane.Heard);
                request.IsAskedOnLane = true;
                return;
            }

            request.Lane = null;
        }

        // What is sent before the region proxy knows of the death goes to the dead node and is lost: hence several
        // times, and each time the proxy asks for the home anew.
        homes.Forget(request.Message.SessionId);
        var shard = homes.Sharding.ShardOf(request.Message.SessionId);
        if (forgotten.Add(shard) && ForgetHome.Of(shard) is { } forget)
        {
            region.Tell(forget, ActorRefs.NoSender);
        }

        mail.Tell(request, find);
    }

    private long Ticks(TimeSpan duration) => (long)(duration.TotalSeconds * time.TimestampFrequency);

    /// <summary>
    /// An eighth of what has been waited: often while a failover is to be short, seldom where it is not. The more are
    /// asked after, the less often.
    /// </summary>
    private static TimeSpan PauseAfter(TimeSpan waited, int inDoubt)
    {
        var least = Shortest * Math.Max(1, inDoubt / 200.0);
        var pause = waited / 8;
        return pause < least ? least : pause > Longest ? Longest : pause;
    }

    /// <summary>Until the nodes agree that a backend is gone.</summary>
    internal sealed class Unsettled
    {
        public static readonly Unsettled Instance = new();
    }

    /// <summary>It is time for the next round.</summary>
    internal sealed class Round
    {
        public static readonly Round Instance = new();
    }
}
