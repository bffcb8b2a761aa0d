using System.Net;
using System.Net.Sockets;

namespace Pomegranate.Pbm.Tests;

/// <summary>Each way to fail has its exit code, and says on standard error what was tried and what to do.</summary>
public sealed class ExitCodeTests
{
    [Theory]
    [InlineData("nonsense", "nonsense")]
    [InlineData("cluster", "Required command was not provided")]
    [InlineData("cluster shwo", "shwo")]
    [InlineData("cluster down", "'--address' is required")]
    [InlineData("session show", "'--id' is required")]
    [InlineData("--timeout 0 cluster show", "--timeout is '0', but must be more than 0")]
    [InlineData("--timeout soon cluster show", "--timeout is 'soon', but must be more than 0")]
    [InlineData("http://h:1 cluster show", "The node is 'http://h:1', but must be host:port")]
    [InlineData("h:0 cluster show", "The node is 'h:0'")]
    [InlineData("h:65536 cluster show", "The node is 'h:65536'")]
    [InlineData(":9110 cluster show", "The node is ':9110'")]
    public async Task Usage_Is2(string commandLine, string message)
    {
        var run = await PbmRun.OfAsync(commandLine, "127.0.0.1:1");

        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BadVariable_Is2_AndNamed()
    {
        var run = await PbmRun.OfAsync("cluster show", "somewhere");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("PBM_ENDPOINT is 'somewhere'", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cluster show")]
    [InlineData("health")]
    public async Task NothingListens_Is3_WithRemedies(string command)
    {
        // Bound but not listening: nobody else can take the port, and it refuses.
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var endpoint = taken.LocalEndPoint!.ToString()!;

        var run = await PbmRun.OfAsync(command, endpoint);

        Assert.Equal((3, ""), (run.ExitCode, run.Out));
        Assert.Contains($"Nothing answers at {endpoint}", run.Error, StringComparison.Ordinal);
        Assert.Contains("docker compose exec lighthouse pbm cluster show", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Timeout_Is3()
    {
        await using var node = await StubNode.StartAsync(200, answer: null);

        var run = await PbmRun.OfAsync("cluster show --timeout 0.2", node.Endpoint);

        Assert.Equal(3, run.ExitCode);
        Assert.Contains("did not answer GET /cluster/members within 0.2 s", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "{\"error\":\"the node's reason\"}", "the node's reason")]
    [InlineData(500, "{}", "answered 500")]
    [InlineData(200, "<html>", "not a node's answer")]
    [InlineData(200, "[1]", "not a node's answer")]
    public async Task Refusal_Is1(int status, string answer, string message)
    {
        await using var node = await StubNode.StartAsync(status, answer);

        var run = await PbmRun.OfAsync("cluster show", node.Endpoint);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }
}
