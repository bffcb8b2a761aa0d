using Pomegranate.Frontend.Streaming;

namespace Pomegranate.Frontend.Tests.Streaming;

/// <summary>Where one WebSocket frame ends and the next may begin, however the bytes are cut.</summary>
public sealed class WebSocketFramesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    public void Follow_AFrameByteByByte_IsBetweenFramesOnlyAtItsEnds(int length)
    {
        var frames = new WebSocketFrames();
        var frame = Frame(0x82, length);
        Assert.True(frames.IsBetweenFrames);

        for (var i = 0; i < frame.Length; i++)
        {
            frames.Follow(frame.AsSpan(i, 1));
            Assert.Equal(i == frame.Length - 1, frames.IsBetweenFrames);
        }

        Assert.False(frames.HasSeenClose);
    }

    [Fact]
    public void Follow_ManyFramesInOnePiece_EndsBetweenFrames()
    {
        var frames = new WebSocketFrames();

        frames.Follow([.. Frame(0x01, 5), .. Frame(0x00, 300), .. Frame(0x80, 70_000), .. Frame(0x89, 0)]);

        Assert.True(frames.IsBetweenFrames);
    }

    [Fact]
    public void Follow_MaskedFrame_CountsTheMask()
    {
        var frames = new WebSocketFrames();

        frames.Follow([0x81, 0x82, 1, 2, 3, 4, 9]);
        Assert.False(frames.IsBetweenFrames);
        frames.Follow([9]);

        Assert.True(frames.IsBetweenFrames);
    }

    [Fact]
    public void Follow_CloseFrame_IsSeen()
    {
        var frames = new WebSocketFrames();

        frames.Follow(WebSocketFrames.GoingAway);

        Assert.True(frames.HasSeenClose);
        Assert.True(frames.IsBetweenFrames);
    }

    private static byte[] Frame(byte first, int length)
    {
        byte[] head = length switch
        {
            < 126 => [first, (byte)length],
            <= 65_535 => [first, 126, (byte)(length >> 8), (byte)length],
            _ => [first, 127, 0, 0, 0, 0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length],
        };
        return [.. head, .. new byte[length]];
    }
}
