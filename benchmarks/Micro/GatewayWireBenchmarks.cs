using BenchmarkDotNet.Attributes;
using Pomegranate.Gateway;
using Pomegranate.Streaming;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Micro;

/// <summary>A request and its answer as bytes between frontend and backend.</summary>
public class GatewayWireBenchmarks
{
    private readonly GatewaySerializer _serializer = new(null!);
    private readonly RunRequest _run = new(Given.RequestId, Given.Id, false, Given.Request(), new StreamTicket("127.0.0.1", 4711, Guid.Empty));
    private readonly RequestReply _reply = new(Given.RequestId, ReplyKind.Response, "backend1", Given.Response());
    private byte[] _runBytes = [];
    private byte[] _replyBytes = [];
    private string _runManifest = "", _replyManifest = "";

    /// <summary>What the readers read.</summary>
    [GlobalSetup]
    public void Write()
    {
        (_runManifest, _replyManifest) = (_serializer.Manifest(_run), _serializer.Manifest(_reply));
        (_runBytes, _replyBytes) = (_serializer.ToBinary(_run), _serializer.ToBinary(_reply));
    }

    /// <summary>The frontend sends.</summary>
    [Benchmark]
    public object WriteRequest() => _serializer.ToBinary(_run);

    /// <summary>The home receives.</summary>
    [Benchmark]
    public object ReadRequest() => _serializer.FromBinary(_runBytes, _runManifest);

    /// <summary>The home answers.</summary>
    [Benchmark]
    public object WriteReply() => _serializer.ToBinary(_reply);

    /// <summary>The frontend reads the answer.</summary>
    [Benchmark]
    public object ReadReply() => _serializer.FromBinary(_replyBytes, _replyManifest);
}
