using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Streaming;

/// <summary>
/// A stream's TCP connection as a pair of pipes. Kestrel's own transport reads at most 4 KB at a time, two system calls
/// for each, and copies through one pipe more: here a frame of a long body costs about one call at each end. A connection
/// that waits holds no buffer.
/// </summary>
/// <remarks>What was flushed is the system's: it arrives even if the connection is disposed at once.</remarks>
internal sealed class StreamConnection : ConnectionContext
{
    /// <summary>A whole frame of data, its header too.</summary>
    private const int BufferSize = StreamFrame.MaxData + StreamFrame.HeaderSize;

    private readonly Socket _socket;

    public StreamConnection(Socket socket)
    {
        _socket = socket;
        _socket.NoDelay = true;
        RemoteEndPoint = socket.RemoteEndPoint;
        var stream = new NetworkStream(socket, ownsSocket: false);
        Transport = new Ends(
            PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferSize, leaveOpen: true, useZeroByteReads: true)),
            new Writer(this, PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: BufferSize, leaveOpen: true))));
    }

    public override string ConnectionId { get; set; } = "";

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    /// <summary>Ends both directions at once; whoever reads or writes learns it.</summary>
    public override void Abort(ConnectionAbortedException abortReason) => _socket.Dispose();

    public override ValueTask DisposeAsync()
    {
        try
        {
            // Who still reads here gets the end, not an error.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The other end was first.
        }

        _socket.Dispose();
        return base.DisposeAsync();
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>To a connection that has ended bytes go without an error, as into any pipe whose reader has left.</summary>
    private sealed class Writer(StreamConnection connection, PipeWriter inner) : PipeWriter
    {
        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.FlushAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // A part of a frame may have left: nothing can follow it.
                connection.Abort();
                throw;
            }
            catch (Exception gone) when (gone is IOException or ObjectDisposedException)
            {
                return new FlushResult(isCanceled: false, isCompleted: true);
            }
        }

        public override void Complete(Exception? exception = null) => inner.Complete(exception ?? Discarded);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception ?? Discarded);

        /// <summary>What was not flushed belongs to a frame that failed half-way; a completion without a reason would send it.</summary>
        private static readonly Exception Discarded = new OperationCanceledException("The stream was closed.");
    }
}
