using System.Diagnostics;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pomegranate.Clustering;
using Pomegranate.Liveness;

namespace Pomegranate.Shared.Tests.Liveness;

/// <summary>A member inside the test's process, which reports what the cluster and the liveness layer tell it.</summary>
internal sealed class ClusterObserver : IAsyncDisposable
{
    private readonly Channel<object> _events;
    private readonly HashSet<Address> _watched = [];
    private readonly HashSet<Address> _up = [];
    private readonly List<object> _seen = [];
    private readonly Address _self;
    private readonly IHost _host;

    public Cluster Cluster => Cluster.Get(_host.Services.GetRequiredService<ActorSystem>());

    private ClusterObserver(IHost host, Channel<object> events)
    {
        (_host, _events) = (host, events);
        var system = host.Services.GetRequiredService<ActorSystem>();
        var ears = system.ActorOf(Props.Create(() => new Ears(events.Writer)));
        _self = Cluster.Get(system).SelfAddress;
        Cluster.Get(system).Subscribe(
            ears, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents,
            typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        system.EventStream.Subscribe(ears, typeof(DeathProven));
    }

    public static async Task<ClusterObserver> StartAsync(int seed)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Pomegranate:Cluster:Hostname"] = "127.0.0.1",
            ["Pomegranate:Cluster:Port"] = "0",
            ["Pomegranate:Cluster:Seeds:0"] = $"127.0.0.1:{seed}",
        });
        builder.Services.AddPomegranateNode(builder.Configuration, NodeRole.Frontend);
        var events = Channel.CreateUnbounded<object>();
        builder.Logging.AddFilter("Pomegranate.Liveness", LogLevel.Debug).AddProvider(new EstablishedProvider(events.Writer));
        var host = builder.Build();
        await host.StartAsync();
        return new ClusterObserver(host, events);
    }

    /// <summary>
    /// Waits until the members are up and their liveness connections from here are established, and until this node
    /// is up too: before that only its seed may know it, and with the seed killed nobody would tell it anything more.
    /// </summary>
    public async Task UpAsync(params Address[] members)
    {
        while (!_up.Contains(_self) || !members.All(member => _up.Contains(member) && _watched.Contains(member)))
        {
            await NextAsync($"{string.Join(", ", members.Select(m => m.ToString()))} and this node up and watched", TimeSpan.FromSeconds(30));
        }
    }

    public async Task<T> NextAsync<T>(string awaited, TimeSpan limit)
    {
        while (true)
        {
            if (await NextAsync(awaited, limit) is T found)
            {
                return found;
            }
        }
    }

    /// <summary>Whatever arrives within the time.</summary>
    public async Task<IReadOnlyList<object>> DuringAsync(TimeSpan time)
    {
        var seen = new List<object>();
        var clock = Stopwatch.StartNew();
        while (time - clock.Elapsed is { Ticks: > 0 } rest)
        {
            try
            {
                seen.Add(await _events.Reader.ReadAsync().AsTask().WaitAsync(rest));
            }
            catch (TimeoutException)
            {
                break;
            }
        }

        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private async Task<object> NextAsync(string awaited, TimeSpan limit)
    {
        var next = await _events.Reader.ReadAsync().AsTask().Within($"{awaited}; seen so far: {string.Join(" | ", _seen)}", limit);
        _seen.Add(next);
        switch (next)
        {
            case ClusterEvent.MemberUp change:
                _up.Add(change.Member.Address);
                break;
            case UniqueAddress established:
                _watched.Add(established.Address);
                break;
            case ClusterEvent.MemberRemoved change:
                _up.Remove(change.Member.Address);
                _watched.Remove(change.Member.Address);
                break;
        }

        return next;
    }

    /// <summary>Passes every event on.</summary>
    private sealed class Ears : ReceiveActor
    {
        public Ears(ChannelWriter<object> events) => ReceiveAny(message => events.TryWrite(message));
    }

    /// <summary>Turns the log line about an established liveness connection into an event to wait for.</summary>
    private sealed class EstablishedProvider(ChannelWriter<object> events) : ILoggerProvider, ILogger
    {
        private const int EstablishedId = 1203;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == EstablishedId && state is IEnumerable<KeyValuePair<string, object?>> holes
                && holes.First(hole => hole.Key == "Node").Value is UniqueAddress node)
            {
                events.TryWrite(node);
            }
        }

        public void Dispose()
        {
        }
    }
}
