using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using Pomegranate.Liveness;

namespace Pomegranate.Shared.Tests.Liveness;

public sealed class DeathAwareFailureDetectorTests
{
    private static readonly Address Address = new("akka.tcp", "pomegranate", "node1", 4053);
    private static readonly UniqueAddress Node = new(Address, 1);
    private static readonly UniqueAddress Successor = new(Address, 2);

    private readonly EventStream _eventStream = new(false);
    private readonly DefaultFailureDetectorRegistry<Address> _registry;

    public DeathAwareFailureDetectorTests() => _registry = Registry(_eventStream);

    private ProvenDeaths Deaths => ProvenDeaths.Of(_eventStream);

    [Fact]
    public void IsAvailable_HeartbeatsButProvenDead_False()
    {
        _registry.Heartbeat(Address);
        Assert.True(_registry.IsAvailable(Address));

        Deaths.Add(Node);
        _registry.Heartbeat(Address);

        Assert.False(_registry.IsAvailable(Address));
    }

    [Fact]
    public void IsAvailable_AfterRemoval_TheSuccessorIsAvailable()
    {
        _registry.Heartbeat(Address);
        Deaths.Add(Node);

        Deaths.Remove(Node);

        Assert.True(_registry.IsAvailable(Address));
    }

    [Fact]
    public void Remove_OfThePredecessor_KeepsTheSuccessorsDeath()
    {
        _registry.Heartbeat(Address);
        Deaths.Add(Successor);

        Deaths.Remove(Node);

        Assert.False(_registry.IsAvailable(Address));
    }

    [Fact]
    public void RetainAll_ForgetsTheRemoved()
    {
        _registry.Heartbeat(Address);
        Deaths.Add(Node);
        Deaths.RetainAll([Node]);
        Assert.False(_registry.IsAvailable(Address));

        Deaths.RetainAll([Successor]);

        Assert.True(_registry.IsAvailable(Address));
    }

    [Fact]
    public void IsAvailable_ProvenInAnotherSystem_True()
    {
        _registry.Heartbeat(Address);

        ProvenDeaths.Of(new EventStream(false)).Add(Node);

        Assert.True(_registry.IsAvailable(Address));
    }

    private static DefaultFailureDetectorRegistry<Address> Registry(EventStream eventStream)
    {
        var config = ConfigurationFactory.ParseString("""
            threshold = 8
            max-sample-size = 100
            min-std-deviation = 100ms
            acceptable-heartbeat-pause = 60s
            heartbeat-interval = 1s
            """);
        return new(() => new DeathAwareFailureDetector(config, eventStream));
    }
}
