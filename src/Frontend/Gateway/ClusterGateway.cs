using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Cluster;
using Akka.Cluster.Sharding;
using Pomegranate.Clustering;
using Pomegranate.Frontend.Answers;
using Pomegranate.Frontend.Edge;
using Pomegranate.Frontend.Http;
using Pomegranate.Frontend.Streaming;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Lanes;
using Pomegranate.Management;
using Pomegranate.Sessions;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Frontend.Gateway;

/// <summary>The HTTP side's way to one app: a request and a session id in, the home's answer out. Thread-safe.</summary>
internal sealed class ClusterGateway
{
    private static readonly TimeSpan CoordinatorTimeout = TimeSpan.FromSeconds(1);

    private static readonly Histogram<double> Duration = PomegranateMeter.Duration(
        "pomegranate.gateway.request.duration", "From a request's body read to its home's answer, by outcome.");

    private readonly TimeProvider _time;
    private readonly RequestNumbers _numbers;
    private readonly IActorRef _region;
    private readonly IActorRef _router;
    private readonly StreamListener _streams;
    private readonly AppBackends _backends = new();
    private readonly SessionCookieNames _cookies;
    private readonly Homes _homes;
    private volatile GatewayOptions _options;
    private int _inProgress;

    /// <summary>Starts the app's shard region proxy and its router.</summary>
    public ClusterGateway(string app, GatewayOptions options, ActorSystem system, NodeOptions node, RequestNumbers numbers, StreamListener streams, LaneDialer lanes, AppHeadLimits heads, TimeProvider time)
    {
        App = app;
        _cookies = new SessionCookieNames(app);
        _options = options;
        _time = time;
        _numbers = numbers;
        _streams = streams;
        Origins = new AppOrigins(this, time);
        _backends.OnHeadLimits = limits => heads.Allow(app, limits);
        var sharding = new SessionSharding(node.Shards);
        _homes = new Homes(sharding);

        // Before the router, which is told of them one by one: no request may come that has a cookie of an unknown name.
        foreach (var member in Cluster.Get(system).State.Members)
        {
            _cookies.Add(member);
        }

        _region = ClusterSharding.Get(system).StartProxy(AppName.ShardTypeOf(app), AppName.RoleOf(app), sharding);
        _router = system.ActorOf(
            RequestRouter.Props(app, _region, options, _backends, time, _homes, node => lanes.OpenAsync(node, LaneChannel.Requests), streams.Cut, _cookies),
            app == AppName.Default ? "request-router" : $"request-router-{app}");
    }

    public string App { get; }

    /// <summary>The names that the app's session cookie has.</summary>
    public ReadOnlySpan<string> SessionCookies => _cookies.All;

    /// <summary>How long a request's head may be that the app takes.</summary>
    public RequestHeadLimits HeadLimits => _backends.HeadLimits;

    /// <summary>Whose scripts may read the app's answers.</summary>
    public AppOrigins Origins { get; }

    /// <summary>The app's backends that are up.</summary>
    public int Backends
    {
        get => _backends.Count;
        set => _backends.Count = value;
    }

    /// <summary>Whether the app's backends take requests with <see cref="Pomegranate.Http.ConnectionFacts"/>.</summary>
    public bool TakesFacts => _backends.TakeFacts;

    /// <summary>Requests that wait for their answer.</summary>
    public int Pending => _backends.Pending + _homes.OnLanes;

    /// <summary>What holds for this app; may be set at any time, and holds for requests from then on.</summary>
    public GatewayOptions Options
    {
        get => _options;
        set
        {
            _options = value;
            _router.Tell(value, ActorRefs.NoSender);
        }
    }

    /// <summary>Counts a request in, unless so many are in progress; <see cref="Leave"/> counts it out.</summary>
    public bool TryEnter(int most)
    {
        if (Interlocked.Increment(ref _inProgress) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref _inProgress);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _inProgress);

    /// <param name="sessions">What the client has of session ids.</param>
    /// <param name="clientGone">Fires when nobody waits for the answer any more.</param>
    /// <exception cref="GatewayException">There is no answer from the app; the exception says what to tell the client.</exception>
    /// <param name="body">A body that does not fit the message; null where the request carries it.</param>
    public async Task<GatewayAnswer> SendAsync(WebRequest request, RequestBody? body, SentSessions sessions, RequestClient? client, CancellationToken clientGone)
    {
        var id = _numbers.Next();
        int? node = NodeMark.TryRead(request.RawTarget, out var incarnation) && _homes.NodeOf(incarnation) is not null ? incarnation : null;
        var message = new RunRequest(id, sessions.First ?? SessionId.NewRandom(), IsFreshId: sessions.First is null, request, _streams.Ticket)
        {
            // With a session it goes to that one's home, which is on the same node unless its shard has moved.
            IsForNode = node is not null && sessions.First is null,
        };
        var pending = sessions.Others is { } others
            ? new PendingRequest(message, Idempotency.IsOf(request.Method), _time.GetTimestamp(), body, client) { OtherSessions = new(others), Node = node }
            : new PendingRequest(message, Idempotency.IsOf(request.Method), _time.GetTimestamp(), body, client) { Node = node };
        _streams.Expect(pending);
        var sent = _time.GetTimestamp();
        var outcome = "NoAnswer";
        HomeLane? lane = null;
        try
        {
            lane = Send(pending);
            var answer = await AnswerAsync(pending, body, clientGone);
            outcome = answer.Reply.Kind.ToString();
            if (answer.Stream is not null && lane?.TryTake(id.Number) != true)
            {
                _router.Tell(new RequestRouter.Answered(id.Number), ActorRefs.NoSender);
            }

            return answer;
        }
        catch (GatewayException failure)
        {
            outcome = failure.Failure.ToString();
            throw;
        }
        catch (TimeoutException)
        {
            Abandon(pending, lane);
            throw new GatewayException(
                GatewayFailure.RequestTimeout, 504,
                $"The app has not answered within {_options.RequestTimeout?.TotalSeconds:0.#} s ({Mounts.AppSettings.Named(App, nameof(GatewayOptions.RequestTimeout))}).");
        }
        catch (OperationCanceledException)
        {
            Abandon(pending, lane);
            throw;
        }
        finally
        {
            _streams.Forget(pending);
            Duration.Record(_time.GetElapsedTime(sent).TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    /// <summary>Asks the app something of our own, in no session.</summary>
    public Task<GatewayAnswer> AskAsync(WebRequest request, CancellationToken enough) => SendAsync(request, null, default, null, enough);

    /// <summary>Straight to the session's home, where a lane leads there, else by the router.</summary>
    /// <returns>The lane that the request waits on.</returns>
    private HomeLane? Send(PendingRequest pending)
    {
        var home = pending is { Message.IsForNode: true, Node: { } node }
            ? _homes.NodeOf(node) is { } address ? _homes.Find(address) : null
            : pending.MayBeSentAgain || _time.GetTimestamp() >= _homes.UnsettledUntil ? _homes.Of(pending.Message.SessionId) : null;
        if (home?.Lane is { } lane && lane.TryRun(pending))
        {
            return lane;
        }

        _router.Tell(new RequestRouter.Send(pending), ActorRefs.NoSender);
        return null;
    }

    private void Abandon(PendingRequest pending, HomeLane? lane)
    {
        pending.Abandon();
        if (lane?.TryTake(pending.Number) == true)
        {
            lane.TrySend(new CancelRequest(pending.Message.RequestId, pending.Message.SessionId));
        }
        else
        {
            _router.Tell(new RequestRouter.Forget(pending.Number), ActorRefs.NoSender);
        }
    }

    /// <summary>An upload takes its time: the clock runs while nothing moves.</summary>
    private async Task<GatewayAnswer> AnswerAsync(PendingRequest pending, RequestBody? body, CancellationToken clientGone)
    {
        for (var left = _options.RequestTimeout; ;)
        {
            try
            {
                return await pending.Answer.WaitAsync(left ?? Timeout.InfiniteTimeSpan, _time, clientGone);
            }
            catch (TimeoutException) when (body is not null && _options.RequestTimeout is { } limit && body.SinceProgress < limit)
            {
                left = limit - body.SinceProgress;
            }
        }
    }

    /// <summary>Whether a backend takes sessions, as the shard coordinator says; false where it does not answer.</summary>
    public async Task<bool> HasRegionsAsync(CancellationToken cancellation)
    {
        try
        {
            // The proxy passes it to the shard coordinator, which answers with the regions that take shards.
            var regions = await _region.Ask<CurrentRegions>(GetCurrentRegions.Instance, CoordinatorTimeout, cancellation);
            return regions.Regions.Count > 0;
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }
}
