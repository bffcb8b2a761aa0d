using Pomegranate.Frontend.Streaming;

namespace Pomegranate.Frontend.Tests.Streaming;

/// <summary>Where one message of gRPC ends and the next begins, however its bytes come.</summary>
public sealed class GrpcFramesTests
{
    private static readonly byte[] Two = [0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 7, 8];

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(4, false)]
    [InlineData(5, true)]
    [InlineData(9, false)]
    [InlineData(10, false)]
    [InlineData(11, false)]
    [InlineData(12, true)]
    public void Follow_SoManyBytes_KnowsWhetherAMessageIsWhole(int bytes, bool expected)
    {
        var (atOnce, oneByOne) = (new GrpcFrames(), new GrpcFrames());
        atOnce.Follow(Two.AsSpan(0, bytes));
        for (var i = 0; i < bytes; i++)
        {
            oneByOne.Follow(Two.AsSpan(i, 1));
        }

        Assert.Equal((expected, expected), (atOnce.IsBetweenMessages, oneByOne.IsBetweenMessages));
    }
}
