using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Pomegranate.Frontend.Http;
using Pomegranate.Streaming;

namespace Pomegranate.Frontend.Tests.Http;

/// <summary>A request's body: kept while it fits a message, streamed when it does not and the app reads.</summary>
public sealed class RequestBodyTests
{
    private const int Inline = 100;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly RequestBody _body = new(Inline, null, TimeProvider.System);
    private readonly Pipe _toHome = new();
    private readonly Pipe _toFrontend = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Inline)]
    public async Task Copy_UpToTheInlineSize_IsKeptWhole(int size)
    {
        await CopyAsync(new Pieces(Pattern(size)));

        Assert.Equal(Pattern(size), _body.Whole.ToArray());
        Assert.False(_body.IsLong.IsCompleted);
        Assert.False(_body.IsStreaming);
    }

    [Theory]
    [InlineData(Inline + 1)]
    [InlineData(1000 * Inline)]
    public async Task Copy_OverTheInlineSize_WaitsForTheAppAndThenStreamsAllOfIt(int size)
    {
        var copy = _body.CopyAsync(new Pieces(Pattern(size)), isAwaited: false, CancellationToken.None);
        await _body.IsLong.WaitAsync(Limit);
        Assert.False(_body.IsStreaming);

        _body.StreamTo(Connection());

        Assert.Equal(Pattern(size), await ReceivedAsync());
        await copy.WaitAsync(Limit);
        Assert.True(_body.IsStreaming);
    }

    [Fact]
    public async Task Copy_ClientWaitsForTheGoAhead_NothingIsReadBeforeTheAppReads()
    {
        var content = new Pieces([1]);
        var copy = _body.CopyAsync(content, isAwaited: true, CancellationToken.None);
        await _body.IsLong.WaitAsync(Limit);
        Assert.False(content.WasRead);

        _body.StreamTo(Connection());

        Assert.Equal([1], await ReceivedAsync());
        await copy.WaitAsync(Limit);
    }

    [Fact]
    public async Task Refuse_NobodyReads_CopyingEndsWithoutAFailure()
    {
        var copy = _body.CopyAsync(new Pieces(Pattern(Inline + 1)), isAwaited: false, CancellationToken.None);
        await _body.IsLong.WaitAsync(Limit);

        _body.Refuse();

        await copy.WaitAsync(Limit);
        Assert.False(_body.Failed.IsCompleted);
    }

    [Fact]
    public async Task Copy_ClientFailsBeforeTheBodyIsLong_ItsErrorIsThrown()
    {
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => CopyAsync(new StreamContent(new FailingStream())));

        // HttpContent wraps it, as it does for YARP.
        Assert.IsType<IOException>(failure.InnerException);
    }

    [Fact]
    public async Task Copy_ClientFailsWhileItIsStreamed_TheStreamIsCutAndItIsTold()
    {
        var connection = Connection();
        var copy = _body.CopyAsync(new Pieces(Pattern(Inline + 1), failsAtTheEnd: true), isAwaited: false, CancellationToken.None);
        await _body.IsLong.WaitAsync(Limit);

        _body.StreamTo(connection);

        await copy.WaitAsync(Limit);
        await _body.Failed.WaitAsync(Limit);
        Assert.True(connection.ConnectionClosed.IsCancellationRequested);
    }

    private static byte[] Pattern(int size) => [.. Enumerable.Range(0, size).Select(n => (byte)n)];

    private Task CopyAsync(HttpContent content) => _body.CopyAsync(content, isAwaited: false, CancellationToken.None).WaitAsync(Limit);

    private AbortableConnection Connection() => new(new Ends(_toFrontend.Reader, _toHome.Writer));

    private async Task<byte[]> ReceivedAsync()
    {
        var received = new ArrayBufferWriter<byte>();
        while (await StreamFrame.ReadHeaderAsync(_toHome.Reader, CancellationToken.None).AsTask().WaitAsync(Limit) is { } frame)
        {
            if (frame.Kind == StreamFrameKind.End)
            {
                break;
            }

            received.Write(await StreamFrame.ReadPayloadAsync(_toHome.Reader, frame.Length, CancellationToken.None));
        }

        return received.WrittenSpan.ToArray();
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class AbortableConnection(IDuplexPipe transport) : DefaultConnectionContext("home", transport, transport)
    {
        private readonly CancellationTokenSource _closed = new();

        public override CancellationToken ConnectionClosed => _closed.Token;

        public override void Abort(ConnectionAbortedException abortReason) => _closed.Cancel();
    }

    /// <summary>Arrives in pieces, as from a network.</summary>
    private sealed class Pieces(byte[] body, bool failsAtTheEnd = false) : HttpContent
    {
        public bool WasRead { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            WasRead = true;
            foreach (var piece in body.Chunk(7))
            {
                await stream.WriteAsync(piece);
            }

            if (failsAtTheEnd)
            {
                throw new IOException("The client has left.");
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class FailingStream : MemoryStream
    {
        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
            throw new IOException("The client has left.");
    }
}
