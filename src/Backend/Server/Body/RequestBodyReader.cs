using System.IO.Pipelines;

namespace Pomegranate.Backend.Server;

/// <summary>
/// <c>Request.BodyReader</c> over wherever the body comes from: checks the size limit at the first read, refuses reads
/// once the request was aborted or is over.
/// </summary>
internal sealed class RequestBodyReader(
    PipeReader source,
    long length,
    MaxRequestBodySizeFeature limit,
    RequestLifetimeFeature lifetime) : PipeReader
{
    private bool _started;
    private bool _closed;

    public override bool TryRead(out ReadResult result)
    {
        CheckReadable();
        return source.TryRead(out result);
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        CheckReadable();
        return source.ReadAsync(cancellationToken);
    }

    public override void AdvanceTo(SequencePosition consumed) => source.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => source.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => source.CancelPendingRead();

    public override void Complete(Exception? exception = null) => source.Complete(exception);

    /// <summary>The app has returned: the body is out of its reach.</summary>
    public void Close() => _closed = true;

    private void CheckReadable()
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(RequestBodyStream));
        if (lifetime.Aborted is { } reason)
        {
            throw new TaskCanceledException("The request was aborted", reason);
        }

        if (!_started)
        {
            _started = true;
            limit.StartReading(length);
        }
    }
}
