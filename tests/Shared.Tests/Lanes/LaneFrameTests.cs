using System.Buffers;
using Akka.Actor;
using Akka.Cluster;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using Pomegranate.Sessions;
using Pomegranate.Wire;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Shared.Tests.Lanes;

/// <summary>What crosses a lane, byte by byte.</summary>
public sealed class LaneFrameTests
{
    private static readonly UniqueAddress s_opener = new(new Address("akka.tcp", "p", "f", 4053), -2);

    [Fact]
    public void Frame_Golden()
    {
        var outbox = new LaneOutbox();
        Write(outbox, 19, [1, 2, 3]);

        // kind 19, three bytes
        Assert.Equal("13" + "00000003" + "010203", Convert.ToHexString(outbox.Written.Span));
    }

    [Fact]
    public void Cancel_Golden()
    {
        var cancel = new CancelRequest(new(0xABCD, 300), new SessionId(1, 2));
        var outbox = new LaneOutbox();
        var start = outbox.Begin();
        GatewayFrames.WriteMessage(new WireWriter(outbox), cancel);
        Assert.True(outbox.TryEnd(start, GatewayFrames.KindOf(cancel)));

        // kind 20, 26 bytes: request id and session id
        Assert.Equal("14" + "0000001A" + "000000000000ABCD" + "AC02" + "00000000000000010000000000000002", Convert.ToHexString(outbox.Written.Span));
    }

    [Fact]
    public void Hello_Golden()
    {
        var hello = new LaneHello(LaneChannel.Requests, new Guid("00112233-4455-6677-8899-AABBCCDDEEFF"), s_opener);
        const string Golden =
            "01" + "01" + // revision, channel
            "10" + "33221100554477668899AABBCCDDEEFF" + // secret
            "13" + "616B6B612E7463703A2F2F7040663A34303533" + // akka.tcp://p@f:4053
            "FFFFFFFFFFFFFFFE"; // incarnation -2

        Assert.Equal(Golden, Convert.ToHexString(hello.ToBytes()));
        Assert.Equal(hello, LaneHello.Parse(Convert.FromHexString(Golden)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0201")]
    [InlineData("0101" + "0F" + "33221100554477668899AABBCCDDEE" + "13" + "616B6B612E7463703A2F2F7040663A34303533" + "FFFFFFFFFFFFFFFE")]
    [InlineData("0101" + "10" + "33221100554477668899AABBCCDDEEFF" + "02" + "6162" + "FFFFFFFFFFFFFFFE")]
    [InlineData("0101" + "10" + "33221100554477668899AABBCCDDEEFF" + "13" + "616B6B612E7463703A2F2F7040663A34303533" + "0FFFFFFFFFFFFFFE")]
    [InlineData("0101" + "10" + "33221100554477668899AABBCCDDEEFF" + "13" + "616B6B612E7463703A2F2F7040663A34303533" + "FFFFFFFFFFFFFFFE00")]
    public void Hello_Malformed_FailsLoudly(string hex) => Assert.Throws<WireFormatException>(() => LaneHello.Parse(Convert.FromHexString(hex)));

    [Fact]
    public void Inbox_SplitAnywhere_GivesTheSameFrames()
    {
        byte[][] payloads = [[1], [], [2, 3, 4], new byte[300]];
        var outbox = new LaneOutbox();
        for (var i = 0; i < payloads.Length; i++)
        {
            Write(outbox, (byte)(16 + i), payloads[i]);
        }

        var bytes = outbox.Written.ToArray();
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var inbox = new LaneInbox();
            List<(byte Kind, byte[] Payload)> frames = [.. Take(inbox, bytes[..cut]), .. Take(inbox, bytes[cut..])];
            Assert.Equal([16, 17, 18, 19], frames.Select(frame => frame.Kind));
            Assert.Equal(payloads, frames.Select(frame => frame.Payload));
        }
    }

    [Fact]
    public void Inbox_FrameLongerThanItsBuffer_GrowsAsItComes()
    {
        var payload = new byte[3_000_000];
        Random.Shared.NextBytes(payload);
        var outbox = new LaneOutbox();
        Write(outbox, 16, payload);
        Write(outbox, 17, [5]);
        var inbox = new LaneInbox();

        var frames = new List<(byte Kind, byte[] Payload)>();
        foreach (var part in outbox.Written.ToArray().Chunk(100_000))
        {
            frames.AddRange(Take(inbox, part));
        }

        Assert.Equal(payload, frames[0].Payload);
        Assert.Equal([5], frames[1].Payload);

        // Only a length that has come true costs memory.
        Assert.InRange(inbox.Free().Length, 1, 64 * 1024);
    }

    [Theory]
    [InlineData(LaneFrame.MaxPayload + 1)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void Inbox_ImpossibleLength_FailsBeforeAnythingIsAllocated(int length)
    {
        var header = new byte[LaneFrame.HeaderSize];
        LaneFrame.WriteHeader(header, 16, length);
        var inbox = new LaneInbox();

        Assert.Throws<WireFormatException>(() => Take(inbox, header));
    }

    [Fact]
    public void Outbox_FrameTooLong_WasNeverThere()
    {
        var outbox = new LaneOutbox();
        Write(outbox, 16, [1]);
        var before = outbox.Written.ToArray();

        var start = outbox.Begin();
        outbox.Write(new byte[LaneFrame.MaxPayload + 1]);

        Assert.False(outbox.TryEnd(start, 17));
        Assert.Equal(before, outbox.Written.ToArray());
    }

    private static void Write(LaneOutbox outbox, byte kind, byte[] payload)
    {
        var start = outbox.Begin();
        outbox.Write(payload);
        Assert.True(outbox.TryEnd(start, kind));
    }

    /// <summary>The frames that are whole once these bytes have come.</summary>
    private static List<(byte Kind, byte[] Payload)> Take(LaneInbox inbox, byte[] bytes)
    {
        var frames = new List<(byte, byte[])>();
        while (bytes.Length > 0)
        {
            var free = inbox.Free();
            var count = Math.Min(free.Length, bytes.Length);
            bytes.AsMemory(0, count).CopyTo(free);
            bytes = bytes[count..];
            inbox.Received(count);
            while (inbox.TryTake(out var kind, out var payload))
            {
                frames.Add((kind, payload.ToArray()));
            }
        }

        return frames;
    }
}
