using System.IO.Pipelines;

namespace Pomegranate.Backend.Server;

/// <summary><c>Response.BodyWriter</c>: the app's end of the response, open until the app returns.</summary>
internal sealed class ResponseBodyWriter(ResponseExchange response) : PipeWriter
{
    private bool _closed;
    private Task _completion = Task.CompletedTask;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => response.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        CheckOpen();
        return response.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        CheckOpen();
        response.Advance(bytes);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        CheckOpen();
        cancellationToken.ThrowIfCancellationRequested();
        return response.WriteAsync(source, cancellationToken);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        CheckOpen();
        cancellationToken.ThrowIfCancellationRequested();
        return response.FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush()
    {
        CheckOpen();
        response.CancelPendingFlush();
    }

    public override void Complete(Exception? exception = null)
    {
        CheckOpen();
        _completion = response.CompleteAsync(exception).AsTask();
        if (_completion.IsFaulted)
        {
            // Thrown here while it can be; an OnStarting callback or a commit that takes its time is awaited at the end.
            _completion.GetAwaiter().GetResult();
        }
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        Complete(exception);
        await _completion;
    }

    /// <summary>The app has returned: waits for a completion it began and did not await.</summary>
    public Task CloseAsync()
    {
        _closed = true;
        return _completion;
    }

    private void CheckOpen()
    {
        if (_closed)
        {
            throw new ObjectDisposedException("HttpResponseStream", "Cannot write to the response body, the response has completed.");
        }
    }
}
