using System.Diagnostics.Metrics;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Pomegranate.Clustering;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Hostile;

/// <summary>A stock Akka.Remote process that reaches a node's cluster port, and is no member.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class StrangerTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ActorSystem _node;
    private readonly Address _address;
    private readonly MeterListener _meter = new();
    private readonly SemaphoreSlim _refused = new(0);
    private ActorSystem _stranger = null!;

    public StrangerTests(SharedCluster shared)
    {
        _node = shared.Cluster.Backends[0].Services.GetNodeSystem();
        _address = Akka.Cluster.Cluster.Get(_node).SelfAddress;
        Witness.Forget();
    }

    public Task InitializeAsync()
    {
        _stranger = ActorSystem.Create("stranger", ConfigurationFactory.ParseString(
            """
            akka {
              loglevel = OFF
              actor.provider = remote
              remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
            }
            """));
        _meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "pomegranate.remoting.refused")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meter.SetMeasurementEventCallback<long>((_, _, _, _) => _refused.Release());
        _meter.Start();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _meter.Dispose();
        await _stranger.Terminate();
    }

    [Fact]
    public async Task DeploysAnActor_ItIsNotMade()
    {
        _stranger.ActorOf(Props.Create<Witness>().WithDeploy(new Deploy(new RemoteScope(_address))), "spy");
        await RefusedAsync("the deployment");
        Assert.False(Witness.WasMade);
    }

    [Fact]
    public async Task NamesATypeInJson_ItIsNotMade()
    {
        _stranger.ActorSelection(Of("session-replica")).Tell(new Gadget { Text = "made" });
        await RefusedAsync("the JSON message");
        Assert.False(Witness.WasMade);
    }

    [Fact]
    public async Task NamesAnException_ItIsNotMade()
    {
        _stranger.ActorSelection(Of("session-replica")).Tell(new Status.Failure(new GadgetException("made")));
        Witness.Forget();
        await RefusedAsync("the failure");
        Assert.False(Witness.WasMade);
    }

    [Theory]
    [InlineData("session-replica")]
    [InlineData("replica-sync")]
    public async Task SendsWhatKillsAnActor_ItLives(string actor)
    {
        var target = await _stranger.ActorSelection(Of(actor)).ResolveOne(Patience);
        target.Tell(PoisonPill.Instance);
        await RefusedAsync("the poison pill");
        target.Tell(Kill.Instance);
        await RefusedAsync("the kill");
        ((IInternalActorRef)target).Stop();
        await RefusedAsync("the system message");

        Assert.False((await _node.ActorSelection($"/user/{actor}").ResolveOne(Patience)).IsNobody());
    }

    private string Of(string actor) => new RootActorPath(_address) / "user" / actor is var path ? path.ToString() : "";

    private async Task RefusedAsync(string what) => Assert.True(await _refused.WaitAsync(Patience), $"Waited {Patience} for the node to refuse {what}.");

    /// <summary>Whether a type of ours was made where the node reads from the network.</summary>
    private sealed class Witness : ReceiveActor
    {
        private static volatile bool s_wasMade;

        public Witness() => Note();

        public static bool WasMade => s_wasMade;

        public static void Note() => s_wasMade = true;

        public static void Forget() => s_wasMade = false;
    }

    /// <summary>Does something when it is read.</summary>
    public sealed class Gadget
    {
        private string _text = "";

        public string Text
        {
            get => _text;
            set
            {
                _text = value;
                if (value == "made" && Environment.StackTrace.Contains("Deserialize", StringComparison.Ordinal))
                {
                    Witness.Note();
                }
            }
        }
    }

    [Serializable]
    public sealed class GadgetException : Exception
    {
        public GadgetException(string message)
            : base(message)
        {
        }

#pragma warning disable SYSLIB0051 // Akka.Remote makes exceptions by it.
        private GadgetException(SerializationInfo info, StreamingContext context)
            : base(info, context) => Witness.Note();
#pragma warning restore SYSLIB0051
    }
}
