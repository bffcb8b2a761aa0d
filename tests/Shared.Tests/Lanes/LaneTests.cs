using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Logging.Abstractions;
using Pomegranate.Lanes;
using Pomegranate.Shared.Tests.Liveness;
using Pomegranate.Wire;

namespace Pomegranate.Shared.Tests.Lanes;

/// <summary>A lane between two real sockets.</summary>
public sealed class LaneTests : IDisposable
{
    private static readonly UniqueAddress s_peer = new(new Address("akka.tcp", "p", "peer", 1), 1);

    private readonly Socket _near = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _far;

    public LaneTests()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _near.Connect(listener.LocalEndPoint!);
        _far = listener.Accept();
    }

    public void Dispose()
    {
        _near.Dispose();
        _far.Dispose();
    }

    [Fact]
    public async Task Send_FromManyThreads_EachArrivesOnceAndEachThreadsInOrder()
    {
        const int Threads = 8, Messages = 2000;
        var (near, far) = (LaneEnd.Start(NewLane(_near)), LaneEnd.Start(NewLane(_far)));

        Parallel.For(0, Threads, thread =>
        {
            for (var i = 0; i < Messages; i++)
            {
                Assert.Equal(LaneSending.Sent, near.Send((byte)(16 + thread), (byte)i, (byte)(i >> 8)));
            }
        });

        var next = new int[Threads];
        for (var i = 0; i < Threads * Messages; i++)
        {
            var (kind, payload) = await far.NextAsync();
            Assert.Equal(next[kind - 16]++, payload[1] | (payload[2] << 8));
        }

        Assert.All(next, count => Assert.Equal(Messages, count));
    }

    [Fact]
    public async Task Send_WhileTheWayIsBusy_GathersAndGoesBothWays()
    {
        var (near, far) = (LaneEnd.Start(NewLane(_near)), LaneEnd.Start(NewLane(_far)));
        far.OnFrameFirst = kind => far.Send((byte)(kind + 1));

        for (var i = 0; i < 100; i++)
        {
            near.Send(16);
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(17, (await near.NextAsync()).Kind);
        }
    }

    [Fact]
    public async Task Send_PeerDoesNotRead_IsToldSoAndGoesOnWhenItReads()
    {
        var near = LaneEnd.Start(NewLane(_near));
        var part = new byte[1_000_000];
        var sent = 0;
        LaneSending last;
        while ((last = near.Send(16, part)) == LaneSending.Sent)
        {
            sent++;
        }

        // What the kernel holds, and up to the limit here.
        Assert.Equal(LaneSending.Full, last);
        Assert.InRange(sent, Lane.MaxUnsent / part.Length, 4 * Lane.MaxUnsent / part.Length);

        var far = LaneEnd.Start(NewLane(_far));
        for (var i = 0; i < sent; i++)
        {
            await far.NextAsync();
        }

        Assert.Equal(LaneSending.Sent, near.Send(17));
        Assert.Equal(17, (await far.NextAsync()).Kind);
    }

    [Fact]
    public async Task Send_TooLong_IsRefusedAndTheLaneGoesOn()
    {
        var (near, far) = (LaneEnd.Start(NewLane(_near)), LaneEnd.Start(NewLane(_far)));

        Assert.Equal(LaneSending.TooLong, near.Send(16, new byte[LaneFrame.MaxPayload]));
        Assert.Equal(LaneSending.Sent, near.Send(17));

        Assert.Equal(17, (await far.NextAsync()).Kind);
    }

    [Fact]
    public async Task Send_MessageCannotBeWritten_ThrowsAndTheLaneGoesOn()
    {
        var (near, far) = (LaneEnd.Start(NewLane(_near)), LaneEnd.Start(NewLane(_far)));

        Assert.Throws<InvalidDataException>(() => near.Lane.TrySend(16, 0, static (writer, _) =>
        {
            writer.UInt64(7);
            throw new InvalidDataException();
        }));
        near.Send(17);

        Assert.Equal(17, (await far.NextAsync()).Kind);
    }

    [Fact]
    public async Task PeerEndsWithinAFrame_TheFrameIsNoneAndTheLaneHasEnded()
    {
        var near = LaneEnd.Start(NewLane(_near));
        _far.Send(Convert.FromHexString("10" + "00000000" + "11" + "00000003" + "01"));

        Assert.Equal(16, (await near.NextAsync()).Kind);
        _far.Shutdown(SocketShutdown.Both);

        await near.Closed.Within("the lane's end");
        Assert.Equal(LaneSending.Closed, near.Send(16));
    }

    [Fact]
    public async Task PeerDies_WhatItSaidBeforeIsStillHeard()
    {
        var near = LaneEnd.Start(NewLane(_near));
        _far.Send(Convert.FromHexString("1000000000"));
        _far.LingerState = new LingerOption(true, 0);
        _far.Close();

        Assert.Equal(16, (await near.NextAsync()).Kind);
        await near.Closed.Within("the lane's end");
    }

    [Theory]
    [InlineData(typeof(WireFormatException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task Handler_Throws_BothEndsSeeTheLanesEnd(Type failure)
    {
        var near = new LaneEnd(NewLane(_near)) { OnFrameFirst = _ => throw (Exception)Activator.CreateInstance(failure, "no such kind")! };
        near.Lane.Start(near);
        var far = LaneEnd.Start(NewLane(_far));

        far.Send(16);

        await near.Closed.Within("the lane's end");
        await far.Closed.Within("the other end's end");
    }

    [Fact]
    public async Task Dispose_EndsIt()
    {
        var (near, far) = (LaneEnd.Start(NewLane(_near)), LaneEnd.Start(NewLane(_far)));

        near.Lane.Dispose();

        await near.Closed.Within("the lane's end");
        await far.Closed.Within("the other end's end");
        Assert.Equal(LaneSending.Closed, near.Send(16));
    }

    private static Lane NewLane(Socket socket) => new(socket, s_peer, NullLogger.Instance);
}
