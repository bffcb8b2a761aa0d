using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Pomegranate.Streaming;

namespace Pomegranate.Shared.Tests.Streaming;

/// <summary>How a stream's connection ends, over real sockets.</summary>
public sealed class StreamConnectionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Disposed_WhatWasFlushed_ArrivesAndThenTheEnd()
    {
        var (one, other) = await ConnectAsync();
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        one.Transport.Output.Write(bytes);
        await one.Transport.Output.FlushAsync();
        await one.DisposeAsync();

        var read = await other.Transport.Input.ReadAtLeastAsync(bytes.Length + 1).AsTask().WaitAsync(Limit);

        Assert.True(read.IsCompleted);
        Assert.Equal(bytes, read.Buffer.ToArray());
        await other.DisposeAsync();
    }

    [Fact]
    public async Task OtherEndHasLeft_WritesGoNowhereAndSaySo()
    {
        var (one, other) = await ConnectAsync();
        other.Abort();
        using var limit = new CancellationTokenSource(Limit);
        FlushResult flushed;
        do
        {
            // The first may still be taken by the system.
            one.Transport.Output.Write(new byte[10]);
            flushed = await one.Transport.Output.FlushAsync(limit.Token);
        }
        while (!flushed.IsCompleted);

        await one.DisposeAsync();
    }

    [Fact]
    public async Task Aborted_WhoReadsAtEitherEnd_LearnsIt()
    {
        var (one, other) = await ConnectAsync();
        var reading = one.Transport.Input.ReadAsync().AsTask();

        one.Abort();

        await Assert.ThrowsAnyAsync<IOException>(() => reading.WaitAsync(Limit));
        await Assert.ThrowsAnyAsync<IOException>(() => other.Transport.Input.ReadAsync().AsTask().WaitAsync(Limit));
        await other.DisposeAsync();
    }

    [Fact]
    public async Task FlushIsCancelled_NothingCanFollowAHalfFrame()
    {
        var (one, other) = await ConnectAsync();
        using var cancelled = new CancellationTokenSource();
        one.Transport.Output.Write(new byte[100_000_000]);
        var flushing = one.Transport.Output.FlushAsync(cancelled.Token).AsTask();

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flushing.WaitAsync(Limit));
        one.Transport.Output.Write(new byte[1]);
        Assert.True((await one.Transport.Output.FlushAsync()).IsCompleted);
        await other.DisposeAsync();
    }

    private static async Task<(StreamConnection One, StreamConnection Other)> ConnectAsync()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var one = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await one.ConnectAsync(listener.LocalEndPoint!);
        return (new StreamConnection(one), new StreamConnection(await listener.AcceptAsync()));
    }
}
