using System.Net;
using Pomegranate.Tests;

namespace Pomegranate.Shared.Tests.Management;

/// <summary>What changes the cluster: join, leave, and down of the unreachable.</summary>
public sealed class MembershipTests
{
    [Fact]
    public async Task Post_MakesTheNodeJoinTheMember()
    {
        await using var first = await TestNode.StartAsync();
        await first.JoinAsync(first);
        await first.AwaitMembersUpAsync(1);
        await using var second = await TestNode.StartAsync();

        await second.JoinAsync(first);

        await first.AwaitMembersUpAsync(2);
    }

    [Fact]
    public async Task Delete_MakesTheMemberLeave()
    {
        var (first, second) = await TestNode.StartPairAsync();
        await using var a = first;
        await using var b = second;

        var (status, body) = await first.SendAsync(HttpMethod.Delete, $"/cluster/members/{Uri.EscapeDataString(second.Address)}");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal($"{second.Address} is leaving.", body["message"]!.ToString());
        await first.AwaitMembersUpAsync(1);
    }

    [Fact]
    public async Task DownUnreachable_RemovesTheCrashedMember_WhoseObserverWasNamed()
    {
        var (first, second) = await TestNode.StartPairAsync();
        await using var a = first;
        await using var b = second;
        var crashed = second.Address;
        var (_, nothing) = await first.SendAsync(HttpMethod.Put, "/cluster/members", ("operation", "DownUnreachable"));
        Assert.Equal("No member is unreachable: nothing to down.", nothing["message"]!.ToString());

        await second.CrashAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await second.GetAsync("/cluster/members")).Status);
        var unreachable = await Eventually.AwaitAsync(
            $"{crashed} is unreachable",
            async () => (await first.GetAsync("/cluster/members")).Body["unreachable"]!.AsArray(),
            list => list.Count == 1);
        Assert.Equal(crashed, unreachable[0]!["node"]!.ToString());
        Assert.Equal([first.Address], unreachable[0]!["observedBy"]!.AsArray().Select(observer => observer!.ToString()));

        var (status, body) = await first.SendAsync(HttpMethod.Put, "/cluster/members", ("operation", "DownUnreachable"));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal($"Going down: {crashed}.", body["message"]!.ToString());
        await first.AwaitMembersUpAsync(1);
    }
}
