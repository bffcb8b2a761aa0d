namespace Pomegranate.Pbm.Tests;

/// <summary>What pbm asks for and how it prints the answer.</summary>
public sealed class OutputTests
{
    private const string Members = """
        {"unreachable":[{"node":"akka.tcp://p@b:4053","observedBy":["akka.tcp://p@a:4053"]}],"members":[
         {"node":"akka.tcp://p@a:4053","status":"Up","roles":["backend","weight-3"],"appVersion":"0.1.0"},
         {"node":"akka.tcp://p@b:4053","status":"Leaving","roles":[],"appVersion":"0.2.0"},
         {"node":"akka.tcp://p@a-host-with-a-very-long-name-that-would-not-fit-a-terminal-of-eighty-columns.example:4053","status":"Joining","roles":["frontend"],"appVersion":"0.1.0"}]}
        """;

    [Fact]
    public async Task ClusterShow_HasTheFormOfPetabridgeCmd_AndIsNeverWrapped()
    {
        await using var node = await StubNode.StartAsync(200, Members);

        var run = await PbmRun.OfAsync($"{node.Endpoint} cluster show");

        Assert.Equal(
            """
            akka.tcp://p@a:4053 | [backend,weight-3] | up | reachable | 0.1.0
            akka.tcp://p@b:4053 | [] | leaving | unreachable | 0.2.0
            akka.tcp://p@a-host-with-a-very-long-name-that-would-not-fit-a-terminal-of-eighty-columns.example:4053 | [frontend] | joining | reachable | 0.1.0
            Count: 3 nodes

            """,
            run.Out);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("cluster status", "{\"node\":\"n\",\"roles\":[\"a\",\"b\"]}", "GET /cluster/status", "node: n\nroles: a,b\n")]
    [InlineData("cluster leader", "{\"leader\":\"L\"}", "GET /cluster/leader", "L\n")]
    [InlineData("cluster leader", "{\"leader\":null}", "GET /cluster/leader", "There is no leader: the members do not agree, or there are none.\n")]
    [InlineData("cluster join -a h:1", "{\"message\":\"m\"}", "POST /cluster/members address=h%3A1", "m\n")]
    [InlineData("cluster leave -a akka.tcp://p@h:1", "{\"message\":\"m\"}", "PUT /cluster/members/akka.tcp:%2F%2Fp@h:1 operation=Leave", "m\n")]
    [InlineData("cluster down --address h:1", "{\"message\":\"m\"}", "PUT /cluster/members/h:1 operation=Down", "m\n")]
    [InlineData("cluster down-unreachable", "{\"message\":\"m\"}", "PUT /cluster/members operation=DownUnreachable", "m\n")]
    [InlineData("actor hierarchy", "{\"count\":2,\"truncated\":true,\"actors\":[{\"path\":\"/u\",\"children\":[{\"path\":\"/u/a\"}]}]}", "GET /actors", "/u\n/u/a\nCount: 2 actors, and more that are not shown\n")]
    [InlineData("actor hierarchy -d 3", "{\"count\":0,\"truncated\":false}", "GET /actors?depth=3", "Count: 0 actors\n")]
    [InlineData("actor system", "{\"processId\":5}", "GET /system", "processId: 5\n")]
    [InlineData("session show -i abc", "{\"id\":\"abc\"}", "GET /sessions/abc", "id: abc\n")]
    [InlineData("session count", "{\"count\":7}", "GET /sessions", "Count: 7 sessions\n")]
    [InlineData("shard list", "{\"shards\":2,\"entities\":4,\"regions\":[{\"node\":\"n\",\"shards\":[{\"id\":\"0\",\"entities\":4}],\"failed\":[\"1\"]}]}", "GET /cluster/shards", "n | 0 | 4\nn | 1 | did not answer\nCount: 2 shards, 4 entities\n")]
    [InlineData("cluster leader --json", "{\"leader\":\"L\"}", "GET /cluster/leader", "{\n  \"leader\": \"L\"\n}\n")]
    public async Task Command_AsksAndPrints(string command, string answer, string asked, string printed)
    {
        await using var node = await StubNode.StartAsync(200, answer);

        var run = await PbmRun.OfAsync(command, node.Endpoint);

        Assert.Equal((0, printed, ""), (run.ExitCode, run.Out.ReplaceLineEndings("\n"), run.Error));
        Assert.Equal(asked, Assert.Single(node.Asked));
    }

    [Theory]
    [InlineData(200, "{\"status\":\"Healthy\",\"checks\":[]}", 0, "Healthy\n")]
    [InlineData(503, "{\"status\":\"Unhealthy\",\"checks\":[{\"name\":\"cluster\",\"status\":\"Unhealthy\",\"description\":\"joining\"}]}", 1, "Unhealthy\ncluster: Unhealthy: joining\n")]
    [InlineData(403, "{\"error\":\"no\"}", 1, "no\n")]
    public async Task Health_TellsReadinessByExitCode(int status, string answer, int exitCode, string printed)
    {
        await using var node = await StubNode.StartAsync(status, answer);

        // The second goes by way of the command tree, and must not differ.
        foreach (var command in (string[])["health", "health --timeout 9"])
        {
            var run = await PbmRun.OfAsync(command, node.Endpoint);
            Assert.Equal((exitCode, printed), (run.ExitCode, run.Out));
        }
    }

    [Fact]
    public async Task Prompt_ReadsAPipe_AndReportsTheFailureInTheMiddle()
    {
        await using var node = await StubNode.StartAsync(200, "{\"leader\":\"L\"}");

        var run = await PbmRun.OfAsync(node.Endpoint, input: "cluster leader\n\nnonsense\ncluster leader\nexit\ncluster leader\n");

        Assert.Equal((2, "L\nL\n"), (run.ExitCode, run.Out));
        Assert.Contains("nonsense", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prompt_IsShownToAPerson_AndHelps()
    {
        var run = await PbmRun.OfAsync("h:1", input: "help\n", isTerminal: true);

        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("[h:1] pbm> ", run.Out, StringComparison.Ordinal);
        Assert.Contains("Members of the cluster.", run.Out, StringComparison.Ordinal);
    }
}
