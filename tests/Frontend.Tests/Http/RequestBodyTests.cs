using System.Net;
using Pomegranate.Frontend.Gateway;
using Pomegranate.Frontend.Http;

namespace Pomegranate.Frontend.Tests.Http;

/// <summary>A request's body, read up to its limit.</summary>
public sealed class RequestBodyTests
{
    private const int Limit = 100;

    [Fact]
    public async Task Read_NoContent_IsEmpty() => Assert.True((await RequestBody.ReadAsync(null, null, Limit, default)).IsEmpty);

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1, false)]
    [InlineData(Limit, true)]
    [InlineData(Limit, false)]
    public async Task Read_UpToTheLimit_IsTheBody(int size, bool announced)
    {
        var body = Pattern(size);

        var read = await RequestBody.ReadAsync(new Pieces(body), announced ? size : null, Limit, default);

        Assert.Equal(body, read.ToArray());
    }

    [Theory]
    [InlineData(Limit + 1)]
    [InlineData(10 * Limit)]
    public async Task Read_UnannouncedAndOverTheLimit_413NamesTheOption(int size)
    {
        var failure = await Assert.ThrowsAsync<GatewayException>(() => RequestBody.ReadAsync(new Pieces(Pattern(size)), null, Limit, default));

        Assert.Equal((GatewayFailure.BodyTooLarge, 413), (failure.Failure, failure.Status));
        Assert.Contains($"{Limit} bytes (Pomegranate:Gateway:MaxRequestBodyBytes)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_AnnouncedOverTheLimit_413WithoutReading()
    {
        var content = new Pieces(Pattern(Limit + 1));

        var failure = await Assert.ThrowsAsync<GatewayException>(() => RequestBody.ReadAsync(content, Limit + 1, Limit, default));

        Assert.Equal(413, failure.Status);
        Assert.False(content.WasRead);
    }

    [Fact]
    public async Task Read_LimitOfZero_TakesNoByte()
    {
        Assert.True((await RequestBody.ReadAsync(new Pieces([]), null, 0, default)).IsEmpty);
        await Assert.ThrowsAsync<GatewayException>(() => RequestBody.ReadAsync(new Pieces([1]), null, 0, default));
    }

    [Fact]
    public async Task Read_ClientFails_ItsErrorIsThrown()
    {
        var failed = new StreamContent(new FailingStream());

        // HttpContent wraps it, as it does for YARP.
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => RequestBody.ReadAsync(failed, null, Limit, default));
        Assert.IsType<IOException>(failure.InnerException);
    }

    private static byte[] Pattern(int size) => [.. Enumerable.Range(0, size).Select(n => (byte)n)];

    /// <summary>Arrives in pieces, as from a network.</summary>
    private sealed class Pieces(byte[] body) : HttpContent
    {
        public bool WasRead { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            WasRead = true;
            foreach (var piece in body.Chunk(7))
            {
                await stream.WriteAsync(piece);
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
