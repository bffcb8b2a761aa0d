using System.Buffers;
using System.IO.Pipelines;
using FsCheck.Xunit;
using Microsoft.Extensions.Primitives;
using Pomegranate.Streaming;
using Pomegranate.Wire;

namespace Pomegranate.Shared.Tests.Streaming;

/// <summary>The frames of a request's stream, and bytes that are none.</summary>
public sealed class StreamFrameTests
{
    [Fact]
    public void Write_Data_IsGoldenBytes() => Assert.Equal("0400000003010203", Convert.ToHexString(Written(output => StreamFrame.WriteData(output, [1, 2, 3]))));

    [Fact]
    public void Hello_IsGoldenBytes_AndComesBack()
    {
        var hello = new StreamHello(new Guid("00112233-4455-6677-8899-AABBCCDDEEFF"), 7, 9);

        Assert.Equal("10" + "33221100554477668899AABBCCDDEEFF" + "0000000000000007" + "0000000000000009", Convert.ToHexString(hello.ToBytes()));
        Assert.Equal(hello, StreamHello.Parse(hello.ToBytes()));
    }

    [Fact]
    public async Task WriteData_LongerThanAFrame_IsSeveralAndComesBackWhole()
    {
        var data = new byte[(2 * StreamFrame.MaxData) + 1];
        Random.Shared.NextBytes(data);
        var input = PipeReader.Create(new ReadOnlySequence<byte>(Written(output => StreamFrame.WriteData(output, data))));

        var received = new List<byte>();
        var frames = 0;
        while (await StreamFrame.ReadHeaderAsync(input, default) is (StreamFrameKind.Data, var length))
        {
            frames++;
            received.AddRange((await StreamFrame.ReadPayloadAsync(input, length, default))!);
        }

        Assert.Equal(3, frames);
        Assert.Equal(data, received);
    }

    [Theory]
    [InlineData("00" + "00000000")]
    [InlineData("09" + "00000000")]
    [InlineData("04" + "00010001")]
    [InlineData("03" + "7FFFFFFF")]
    [InlineData("04" + "FFFFFFFF")]
    public async Task ReadHeader_NoFrame_IsRefused(string bytes) => await Assert.ThrowsAsync<WireFormatException>(
        () => StreamFrame.ReadHeaderAsync(PipeReader.Create(new ReadOnlySequence<byte>(Convert.FromHexString(bytes))), default).AsTask());

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    public async Task ReadHeader_EndsWithin_IsNull(int bytes) =>
        Assert.Null(await StreamFrame.ReadHeaderAsync(PipeReader.Create(new ReadOnlySequence<byte>(new byte[bytes])), default));

    [Fact]
    public async Task ReadPayload_EndsWithin_IsNull() =>
        Assert.Null(await StreamFrame.ReadPayloadAsync(PipeReader.Create(new ReadOnlySequence<byte>(new byte[3])), 4, default));

    [Property(MaxTest = 2000)]
    public void Parse_AnyBytes_ThrowsAtMostWireFormat(byte[] bytes)
    {
        foreach (var parse in (Action[])[() => StreamHello.Parse(bytes), () => StreamHeaders.Parse(bytes)])
        {
            try
            {
                parse();
            }
            catch (WireFormatException)
            {
            }
        }
    }

    [Fact]
    public void Headers_ComeBack()
    {
        KeyValuePair<string, StringValues>[] headers = [new("grpc-status", "0"), new("X-Two", new[] { "1", "2" })];

        Assert.Equal(headers, StreamHeaders.Parse(StreamHeaders.ToBytes(headers)));
        Assert.Empty(StreamHeaders.Parse(StreamHeaders.ToBytes([])));
    }

    private static byte[] Written(Action<PipeWriter> write)
    {
        using var stream = new MemoryStream();
        var output = PipeWriter.Create(stream);
        write(output);
        output.Complete();
        return stream.ToArray();
    }
}
