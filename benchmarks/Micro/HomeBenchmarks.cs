using BenchmarkDotNet.Attributes;
using Pomegranate.Backend.Sessions;
using Pomegranate.Gateway;

namespace Pomegranate.Micro;

/// <summary>One request at its session's home, without the network: the app's pipeline, the session, its commit.</summary>
public class HomeBenchmarks
{
    private HomeApp _home = null!;
    private LiveSession _session = null!;
    private ulong _number;

    /// <summary>A home with one session.</summary>
    [GlobalSetup]
    public void Start()
    {
        _home = HomeApp.StartAsync().GetAwaiter().GetResult();
        _session = new LiveSession(_home.Services, Given.Id, null) { LookedAt = 0 };
    }

    /// <summary>Stops it.</summary>
    [GlobalCleanup]
    public void Stop() => _home.DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>A commit of one attribute, acknowledged by the home's own replica.</summary>
    [Benchmark]
    public Task Commit() => _session.CommitAsync([new("n", BitConverter.GetBytes((int)_number))], clears: false, Next());

    /// <summary>The app server alone: a request that touches no session.</summary>
    [Benchmark]
    public async Task<object?> Plain() => await _home.RunAsync(Given.Request("/plain"), new RequestSession(_session, Next(), CancellationToken.None));

    /// <summary>A request that adds one to its session's counter, with its commit.</summary>
    [Benchmark]
    public async Task<object?> Counter() => await _home.RunAsync(Given.Request("/counter"), new RequestSession(_session, Next(), CancellationToken.None));

    private RequestId Next() => new(1, ++_number);
}
