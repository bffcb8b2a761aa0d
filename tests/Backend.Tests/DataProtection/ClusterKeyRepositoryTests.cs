using System.Xml.Linq;
using Akka.Actor;
using Akka.DistributedData;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Backend.DataProtection;
using Pomegranate.Backend.Tests.Server;

namespace Pomegranate.Backend.Tests.DataProtection;

/// <summary>A new key is used only once a majority has it, however often that takes telling them.</summary>
public sealed class ClusterKeyRepositoryTests : TestKit
{
    private static readonly XElement NewKey = new("key", "secret");

    [Fact]
    public async Task StoreElement_AWriteIsLost_IsSentAgain()
    {
        var replicator = CreateTestProbe();
        var keys = RepositoryOn(replicator);

        var storing = Task.Run(() => keys.StoreElement(NewKey, "key-1"));
        replicator.ExpectMsg<Update>(Deadline.Default);
        replicator.Reply(new UpdateTimeout(ClusterKeyRepository.Key, null));
        var again = replicator.ExpectMsg<Update>(Deadline.Default);

        Assert.Empty(keys.GetAllElements());
        Assert.Contains(NewKey.ToString(), ((GSet<string>)again.Modify(GSet<string>.Empty)).Elements);
        replicator.Reply(new UpdateSuccess(ClusterKeyRepository.Key, null));
        await storing.For("the key stored");
        Assert.True(XNode.DeepEquals(NewKey, Assert.Single(keys.GetAllElements())));
    }

    [Fact]
    public async Task StoreElement_EveryWriteIsLost_SaysWhichKeyAndWhereToLook()
    {
        var replicator = Sys.ActorOf(Props.Create(() => new Deaf()));
        var keys = RepositoryOn(replicator);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Task.Run(() => keys.StoreElement(NewKey, "key-1")).For("its failure"));

        Assert.Contains("'key-1'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("pbm cluster show", failure.Message, StringComparison.Ordinal);
        Assert.Empty(keys.GetAllElements());
    }

    private static ClusterKeyRepository RepositoryOn(IActorRef replicator) => new(new ServiceCollection().BuildServiceProvider(), replicator);

    /// <summary>A replicator whose writes no other backend gets.</summary>
    private sealed class Deaf : ReceiveActor
    {
        public Deaf() => Receive<Update>(_ => Sender.Tell(new UpdateTimeout(ClusterKeyRepository.Key, null)));
    }
}
