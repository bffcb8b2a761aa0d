using System.Buffers;
using System.IO.Pipelines;

namespace Pomegranate.Backend.Server;

/// <summary>
/// <c>Request.BodyReader</c> over wherever the body comes from: asks for it at the first read, checks the size limit,
/// refuses reads once the request was aborted or is over.
/// </summary>
/// <param name="announced">The body's length, as far as the client has said: 0 where it has not.</param>
/// <param name="onFailed">The app has completed the reader with an error of its own.</param>
/// <param name="request">Asks for the body; null where it is here.</param>
internal sealed class RequestBodyReader(
    PipeReader source,
    long announced,
    MaxRequestBodySizeFeature limit,
    RequestLifetimeFeature lifetime,
    Action<Exception> onFailed,
    Func<Task>? request = null) : PipeReader
{
    private bool _started;
    private bool _closed;
    private bool _completed;
    private long _consumed;
    private ReadOnlySequence<byte> _seen;

    public override bool TryRead(out ReadResult result)
    {
        StartReading();
        if (!source.TryRead(out result))
        {
            // A reader over bytes that are here says of their end only to ReadAsync, which then does not wait.
            if (request is not null)
            {
                return false;
            }

            result = source.ReadAsync().AsTask().Result;
        }

        Count(result);
        return true;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        StartReading();
        cancellationToken.ThrowIfCancellationRequested();
        var result = await source.ReadAsync(cancellationToken);
        Count(result);
        return result;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _consumed += _seen.Slice(0, consumed).Length;
        source.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead()
    {
        if (HasBody)
        {
            source.CancelPendingRead();
        }
    }

    public override void Complete(Exception? exception = null)
    {
        if (exception is not null && !_completed && HasBody)
        {
            onFailed(exception);
        }

        _completed = true;
        source.Complete(exception);
    }

    /// <summary>As on Kestrel, of a request without one the reader hears nothing.</summary>
    private bool HasBody => request is not null || announced > 0;

    /// <summary>Whether the app has seen its end: then the client's trailers would be known.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The app has returned: the body is out of its reach.</summary>
    public void Close() => _closed = true;

    private void StartReading()
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(RequestBodyStream));
        if (_completed)
        {
            throw new InvalidOperationException("Reading is not allowed after the reader was completed.");
        }

        if (lifetime.Aborted is { } reason)
        {
            throw new TaskCanceledException("The request was aborted", reason);
        }

        if (!_started)
        {
            limit.Check(announced);
            _started = true;
            _ = request?.Invoke();
        }
    }

    /// <summary>A client that announces no length can only be stopped on the way.</summary>
    private void Count(ReadResult result)
    {
        _seen = result.Buffer;
        HasEnded |= result.IsCompleted;
        limit.Check(_consumed + _seen.Length);
    }
}
