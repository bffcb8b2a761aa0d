using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Pomegranate.Backend.Server;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Streaming;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>The frontend's end of a request's stream, in memory.</summary>
internal sealed class FrontendEnd
{
    private readonly DuplexPipe.Pair _pipes = DuplexPipe.CreatePair();
    private readonly Connection _connection;

    public FrontendEnd()
    {
        _connection = new Connection(_pipes.Home, _pipes.Frontend);
        Stream = new RequestStream(
            () => Task.FromResult<ConnectionContext>(_connection),
            new StreamHello(Guid.NewGuid(), 1, 1),
            head => GatewaySerializer.ToBytes(new GatewayProtocol.RequestReply(default, GatewayProtocol.ReplyKind.Response, "test", head)));
    }

    public RequestStream Stream { get; }

    public PipeReader Input => _pipes.Frontend.Input;

    public PipeWriter Output => _pipes.Frontend.Output;

    /// <summary>Reads the response to its end.</summary>
    /// <exception cref="ResponseAbortedException">It was cut before.</exception>
    public async Task<WebResponse> ReadAsync()
    {
        WebResponse? head = null;
        var body = new ArrayBufferWriter<byte>();
        while (await NextAsync() is var (kind, payload))
        {
            switch (kind)
            {
                case StreamFrameKind.Head:
                    head = GatewaySerializer.ReplyOf(payload).Response;
                    break;
                case StreamFrameKind.Data:
                    body.Write(payload);
                    break;
                case StreamFrameKind.End:
                    return head! with { Body = body.WrittenMemory.ToArray(), Trailers = StreamHeaders.Parse(payload) };
            }
        }

        throw new ResponseAbortedException(AbortReason.Failure, "The stream was cut before its end.");
    }

    /// <summary>The next frame; null once the home has closed the stream.</summary>
    public async Task<(StreamFrameKind Kind, byte[] Payload)?> NextAsync()
    {
        try
        {
            if (await StreamFrame.ReadHeaderAsync(Input, CancellationToken.None).AsTask().For("a frame from the home") is not { } frame)
            {
                return null;
            }

            return (frame.Kind, await StreamFrame.ReadPayloadAsync(Input, frame.Length, CancellationToken.None) ?? []);
        }
        catch (ConnectionAbortedException)
        {
            return null;
        }
    }

    /// <summary>The base class tells of an abort on the thread pool, where it can meet its own end.</summary>
    private sealed class Connection(IDuplexPipe transport, IDuplexPipe application) : DefaultConnectionContext("home", transport, application)
    {
        public override void Abort(ConnectionAbortedException abortReason)
        {
        }
    }

    private sealed class DuplexPipe(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;

        public static Pair CreatePair()
        {
            var toFrontend = new Pipe();
            var toHome = new Pipe();
            return new Pair(new DuplexPipe(toHome.Reader, toFrontend.Writer), new DuplexPipe(toFrontend.Reader, toHome.Writer));
        }

        public sealed record Pair(IDuplexPipe Home, IDuplexPipe Frontend);
    }
}
