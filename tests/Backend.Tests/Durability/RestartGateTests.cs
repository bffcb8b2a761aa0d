using Akka.Event;
using Microsoft.Extensions.Time.Testing;
using Pomegranate.Backend.Durability;
using Pomegranate.Backend.Replication;

namespace Pomegranate.Backend.Tests.Durability;

/// <summary>Whom a backend waits for after a stop of all.</summary>
public sealed class RestartGateTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pomegranate-gate-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly ReplicationOptions _options = new();
    private readonly DurableStore _store;
    private readonly RestartGate _gate;
    private readonly DurableReplica _b = new(Guid.NewGuid(), "b:1");
    private readonly DurableReplica _c = new(Guid.NewGuid(), "c:1");

    public RestartGateTests()
    {
        _store = DurableStore.Open(_directory, 1 << 20);
        _gate = new RestartGate(_store, _options, _time, "a:1", NoLogger.Instance);
    }

    [Fact]
    public void NewDisk_Alone_IsOpen() => Assert.True(_gate.IsOpen([]));

    [Fact]
    public void NewDisk_BesideOneThatWaits_WaitsToo() => Assert.False(_gate.IsOpen([("b:1", new DurableIdentity(_b.Id, [_b, _c]))]));

    [Fact]
    public void OneOfThreeMissing_WaitsForItAndThenAMajorityIsEnough()
    {
        _gate.Counts([_b, _c], andThis: true);
        var present = new[] { ("b:1", new DurableIdentity(_b.Id, _store.Roster)) };

        Assert.False(_gate.IsOpen(present));
        Assert.Contains("c:1", _gate.WaitingFor, StringComparison.Ordinal);
        _time.Advance(_options.RestartPatience);
        Assert.True(_gate.IsOpen(present));
        Assert.Null(_gate.WaitingFor);
    }

    [Fact]
    public void AloneOfThree_WaitsForEverUnlessTold()
    {
        _gate.Counts([_b, _c], andThis: true);
        Assert.False(_gate.IsOpen([]));
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(_gate.IsOpen([]));
        Assert.Contains("RestartWithoutQuorum", _gate.WaitingFor, StringComparison.Ordinal);

        _options.RestartWithoutQuorum = true;
        Assert.True(_gate.IsOpen([]));
    }

    [Fact]
    public void OneDied_TheOthersCompared_ItIsNoLongerWaitedFor()
    {
        _gate.Counts([_b, _c], andThis: true);
        _gate.Compared([_b]);
        Assert.True(_gate.IsOpen([("b:1", new DurableIdentity(_b.Id, []))]));
    }

    [Fact]
    public void TwoOfThreeDied_TheyMayHoldWhatNobodyElseHas_StayInTheRoster()
    {
        _gate.Counts([_b, _c], andThis: true);
        _gate.Compared([]);
        Assert.Equal(3, _store.Roster.Count);
    }

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
