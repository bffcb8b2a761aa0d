using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Pomegranate.Frontend.Streaming;
using Pomegranate.Streaming;

namespace Pomegranate.Frontend.Tests.Streaming;

/// <summary>What a response's reader sees of a stream that ends well, is cut, or is told to go away.</summary>
public sealed class ResponseStreamTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly Pipe _fromHome = new();
    private readonly Pipe _toHome = new();
    private readonly ResponseStream _stream;

    public ResponseStreamTests() => _stream = new ResponseStream(
        new DefaultConnectionContext("home", new Ends(_fromHome.Reader, _toHome.Writer), new Ends(_fromHome.Reader, _toHome.Writer)), () => { }, null, _ => { });

    [Fact]
    public async Task End_TheBodyIsWholeAndTheTrailersAreTold()
    {
        string? trailer = null;
        _stream.OnTrailers = trailers => trailer = trailers[0].Key;
        StreamFrame.WriteData(_fromHome.Writer, "hello"u8);
        StreamFrame.Write(_fromHome.Writer, StreamFrameKind.End, StreamHeaders.ToBytes([new("X-Sum", "1")]));
        await _fromHome.Writer.FlushAsync();

        Assert.Equal("hello", Encoding.ASCII.GetString(await ReadAllAsync()));
        Assert.Equal("X-Sum", trailer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cut_ABodyThrows(bool reset)
    {
        StreamFrame.WriteData(_fromHome.Writer, "hello"u8);
        await _fromHome.Writer.FlushAsync();
        Assert.Equal(5, await _stream.ReadAsync(new byte[100]));

        await _fromHome.Writer.CompleteAsync(reset ? new ConnectionResetException("The home died.") : null);

        await Assert.ThrowsAsync<IOException>(ReadAllAsync);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1)]
    public async Task Cut_AWebSocketBetweenFrames_GetsACloseFrameAndEnds(int buffer)
    {
        _stream.IsWebSocket();
        StreamFrame.WriteData(_fromHome.Writer, [0x81, 1, (byte)'x']);
        await _fromHome.Writer.FlushAsync();
        await _stream.ReadExactlyAsync(new byte[3]).AsTask().WaitAsync(Limit);
        await _fromHome.Writer.CompleteAsync(new ConnectionResetException("The home died."));

        Assert.Equal("880203E9", Convert.ToHexString(await ReadAllAsync(buffer)));
    }

    [Fact]
    public async Task Cut_AWebSocketWithinAFrame_Throws()
    {
        _stream.IsWebSocket();
        StreamFrame.WriteData(_fromHome.Writer, [0x81, 2, (byte)'x']);
        await _fromHome.Writer.CompleteAsync();

        await Assert.ThrowsAsync<IOException>(ReadAllAsync);
    }

    [Fact]
    public async Task GoAway_WhileNothingComes_AWebSocketGetsACloseFrame()
    {
        _stream.IsWebSocket();
        var reading = ReadAllAsync();

        _stream.GoAway();

        Assert.Equal("880203E9", Convert.ToHexString(await reading));
    }

    [Fact]
    public async Task HomeGoesAway_AfterItsOwnClose_NothingIsAdded()
    {
        _stream.IsWebSocket();
        StreamFrame.WriteData(_fromHome.Writer, [0x88, 2, 0x03, 0xE8]);
        StreamFrame.Write(_fromHome.Writer, StreamFrameKind.GoingAway, []);
        await _fromHome.Writer.FlushAsync();

        Assert.Equal("880203E8", Convert.ToHexString(await ReadAllAsync()));
    }

    private Task<byte[]> ReadAllAsync() => ReadAllAsync(100);

    /// <summary>As YARP does: asks without a buffer first.</summary>
    private async Task<byte[]> ReadAllAsync(int size)
    {
        var all = new List<byte>();
        var buffer = new byte[size];
        while (true)
        {
            await _stream.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(Limit);
            var read = await _stream.ReadAsync(buffer).AsTask().WaitAsync(Limit);
            if (read == 0)
            {
                return [.. all];
            }

            all.AddRange(buffer[..read]);
        }
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
