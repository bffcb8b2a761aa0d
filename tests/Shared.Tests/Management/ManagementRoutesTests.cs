using System.Net;
using Pomegranate.Tests;

namespace Pomegranate.Shared.Tests.Management;

/// <summary>What the routes answer, and what they refuse.</summary>
public sealed class ManagementRoutesTests(PairOfNodes nodes) : IClassFixture<PairOfNodes>
{
    private TestNode Backend => nodes.Backend;

    private TestNode Frontend => nodes.Frontend;

    [Fact]
    public async Task Members_HaveTheShapeOfAkkaManagement()
    {
        var (status, body) = await Frontend.GetAsync("/cluster/members");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(Frontend.Address, body["selfNode"]!.ToString());
        Assert.Contains(body["leader"]!.ToString(), (string[])[Backend.Address, Frontend.Address]);
        Assert.Equal(Backend.Address, body["oldest"]!.ToString());
        Assert.Equal(Frontend.Address, body["oldestPerRole"]!["frontend"]!.ToString());
        Assert.Empty(body["unreachable"]!.AsArray());
        var member = body["members"]!.AsArray().Single(one => one!["node"]!.ToString() == Frontend.Address)!;
        Assert.Equal("Up", member["status"]!.ToString());
        Assert.Equal("frontend", Assert.Single(member["roles"]!.AsArray())!.ToString());
        Assert.Equal(2, member["upNumber"]!.GetValue<int>());
        Assert.NotEqual(0, long.Parse(member["nodeUid"]!.ToString(), System.Globalization.CultureInfo.InvariantCulture));
        Assert.NotEmpty(member["appVersion"]!.ToString());
    }

    [Fact]
    public async Task Member_IsFoundByEveryFormOfItsAddress()
    {
        var full = Backend.Address;
        var named = full["akka.tcp://".Length..];
        foreach (var form in (string[])[Uri.EscapeDataString(full), full, named, named[(named.IndexOf('@', StringComparison.Ordinal) + 1)..]])
        {
            var (status, body) = await Frontend.GetAsync($"/cluster/members/{form}");
            Assert.Equal((HttpStatusCode.OK, full), (status, body["node"]?.ToString()));
        }
    }

    [Theory]
    [InlineData("GET", "/cluster/members/127.0.0.1:1", null, null, 404, "akka.tcp://pomegranate@127.0.0.1:1 is not a member")]
    [InlineData("GET", "/cluster/members/nonsense", null, null, 400, "'nonsense' is not a member's address")]
    [InlineData("GET", "/cluster/members/h:0", null, null, 400, "'h:0' is not a member's address")]
    [InlineData("GET", "/cluster/members/h:65536", null, null, 400, "'h:65536' is not a member's address")]
    [InlineData("GET", "/cluster/members/http:%2F%2Fh:1", null, null, 400, "'http://h:1' is not a member's address")]
    [InlineData("GET", "/cluster/members/other@127.0.0.1:1", null, null, 400, "names the cluster 'other'")]
    [InlineData("DELETE", "/cluster/members/127.0.0.1:1", null, null, 404, "is not a member")]
    [InlineData("PUT", "/cluster/members/127.0.0.1:1", "operation", "Down", 404, "is not a member")]
    [InlineData("PUT", "/cluster/members/127.0.0.1:1", "operation", "Explode", 400, "The operation is 'Explode', but must be Leave or Down")]
    [InlineData("PUT", "/cluster/members", "operation", "Down", 400, "The operation is 'Down', but must be DownUnreachable")]
    [InlineData("PUT", "/cluster/members", "operation", "", 400, "must have it once")]
    [InlineData("PUT", "/cluster/members", "op", "x", 400, "has the field 'operation' 0 times")]
    [InlineData("PUT", "/cluster/members", null, null, 400, "must be a form")]
    [InlineData("POST", "/cluster/members", "address", "127.0.0.1:1", 409, "already a member of a cluster of 2")]
    [InlineData("POST", "/cluster/members", "address", "x", 400, "'x' is not a member's address")]
    [InlineData("GET", "/actors?depth=0", null, null, 400, "The depth is '0'")]
    [InlineData("GET", "/actors?depth=many", null, null, 400, "The depth is 'many'")]
    [InlineData("GET", "/sessions/short", null, null, 400, "'short' is not a session id")]
    [InlineData("GET", "/sessions/AAAAAAAAAAAAAAAAAAAAAA", null, null, 404, "No session has the id")]
    [InlineData("GET", "/nowhere", null, null, 404, "GET /nowhere is not a route")]
    [InlineData("DELETE", "/ready", null, null, 405, "DELETE /ready is not a route")]
    public async Task BadInput_IsRefused_WithValueAndRule(string method, string path, string? field, string? value, int status, string message)
    {
        var (actual, body) = await Backend.SendAsync(new HttpMethod(method), path, field is null ? null : (field, value!));

        Assert.Equal(status, (int)actual);
        Assert.Contains(message, body["error"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LongBody_IsNotRead()
    {
        var (status, body) = await Backend.SendAsync(HttpMethod.Post, "/cluster/members", ("address", new string('a', 9000)));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Contains("longer than 8192 bytes", body["error"]!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Origin", "http://evil.example", "Origin 'http://evil.example'")]
    [InlineData("Origin", "null", "Origin 'null'")]
    [InlineData("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Site 'cross-site'")]
    [InlineData("Sec-Fetch-Site", "same-site", "Sec-Fetch-Site 'same-site'")]
    [InlineData("Host", "evil.example", "for host 'evil.example'")]
    [InlineData("Host", "localhost.evil.example:9110", "for host 'localhost.evil.example:9110'")]
    [InlineData("Sec-Fetch-Site", "none", null)]
    [InlineData("Host", "LocalHost:9110", null)]
    [InlineData("Host", "[::1]:9110", null)]
    public async Task WebPages_AreKeptOut(string header, string value, string? reason)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/cluster/members");
        Assert.True(request.Headers.TryAddWithoutValidation(header, value));

        using var response = await Backend.Http.SendAsync(request);

        Assert.Equal(reason is null ? HttpStatusCode.OK : HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains(reason ?? "", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_Leader_AndSystem_DescribeThisNode()
    {
        var (_, status) = await Backend.GetAsync("/cluster/status");
        Assert.Equal(("test", Backend.Address, "Up"), (status["node"]!.ToString(), status["address"]!.ToString(), status["status"]!.ToString()));

        var (_, leader) = await Backend.GetAsync("/cluster/leader");
        Assert.Contains(leader["leader"]!.ToString(), (string[])[Backend.Address, Frontend.Address]);

        var (_, system) = await Backend.GetAsync("/system");
        Assert.Equal(Environment.ProcessId, system["processId"]!.GetValue<int>());
        Assert.True(system["gcHeapBytes"]!.GetValue<long>() > 0);
    }

    [Fact]
    public async Task Shards_AreCounted_ThroughRegionAndProxyAlike()
    {
        foreach (var node in (TestNode[])[Backend, Frontend])
        {
            var (status, body) = await Eventually.AwaitAsync(
                "the region has told the coordinator's address", () => node.GetAsync("/cluster/shards"), answer => answer.Body["shards"]?.GetValue<int>() == 2);
            Assert.Equal(HttpStatusCode.OK, status);
            var region = Assert.Single(body["regions"]!.AsArray())!;
            Assert.Equal(Backend.Address, region["node"]!.ToString());
            Assert.Equal(
                ["a:2", "b:1"],
                region["shards"]!.AsArray().Select(shard => $"{shard!["id"]}:{shard["entities"]}"));
            Assert.Equal(3, body["entities"]!.GetValue<int>());
        }
    }

    [Fact]
    public async Task Actors_AreListed_ToTheDepthAskedFor()
    {
        var (_, flat) = await Backend.GetAsync("/actors?depth=1");
        Assert.Equal(2, flat["count"]!.GetValue<int>());
        Assert.All(flat["actors"]!.AsArray(), guardian => Assert.Empty(guardian!["children"]!.AsArray()));

        var (_, deep) = await Backend.GetAsync("/actors?depth=5");
        Assert.Contains("/system/sharding/session/a/a1", deep.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_AreAnsweredByABackendOnly()
    {
        var (_, count) = await Backend.GetAsync("/sessions");
        Assert.Equal(7, count["count"]!.GetValue<int>());
        var (_, session) = await Backend.GetAsync($"/sessions/{PairOfNodes.Known}");
        Assert.Equal(12, session["bytes"]!.GetValue<int>());

        foreach (var path in (string[])["/sessions", $"/sessions/{PairOfNodes.Known}"])
        {
            var (status, body) = await Frontend.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, status);
            Assert.Contains("Ask a backend", body["error"]!.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Shards_OfANodeWithoutSharding_AreRefused()
    {
        await using var lighthouse = await TestNode.StartAsync();

        var (status, body) = await lighthouse.GetAsync("/cluster/shards");

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains("Ask a backend or a frontend", body["error"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_ShowMembersByStatus_AndTheRuntime()
    {
        using var response = await Backend.Http.GetAsync("/metrics");
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Matches("""(?m)^pomegranate_cluster_members\{[^}]*status="Up"[^}]*\} 2""", text);
        Assert.Matches("""(?m)^pomegranate_cluster_members\{[^}]*status="Leaving"[^}]*\} 0""", text);
        Assert.Matches("(?m)^dotnet_gc_collections_total", text);
    }
}
