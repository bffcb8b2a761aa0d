using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Backend.Server;

/// <summary><c>RequestAborted</c> and <c>Abort()</c>: the one place where a request is aborted, whoever does it.</summary>
internal sealed class RequestLifetimeFeature(RequestIdentity identity, ILogger logger) : IHttpRequestLifetimeFeature, IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _source;
    private CancellationToken? _replaced;
    private volatile Exception? _reason;
    private bool _over;

    /// <summary>Why the request was aborted; null if it was not. The first reason stays.</summary>
    public Exception? Aborted => _reason;

    public CancellationToken RequestAborted
    {
        get
        {
            if (_replaced is { } replaced)
            {
                return replaced;
            }

            lock (_lock)
            {
                if (_over && _reason is null)
                {
                    return CancellationToken.None;
                }

                if (_reason is not null && _source is null)
                {
                    return new CancellationToken(canceled: true);
                }

                return (_source ??= new CancellationTokenSource()).Token;
            }
        }
        set => _replaced = value;
    }

    public void Abort()
    {
        logger.ApplicationAborted(identity.ConnectionId, identity.TraceIdentifier);
        Abort(new ResponseAbortedException(AbortReason.Application, "The application aborted the connection."));
    }

    public void Abort(Exception reason)
    {
        bool fire;
        lock (_lock)
        {
            if (_over || _reason is not null)
            {
                return;
            }

            _reason = reason;
            fire = _source is not null;
        }

        if (fire)
        {
            // The app's callbacks run on neither the aborting actor's thread nor inside the app's own call to Abort.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>The response is complete: nothing aborts the request any more.</summary>
    public void End()
    {
        lock (_lock)
        {
            _over = true;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _source!.Cancel();
        }
        catch (Exception thrownByCallback)
        {
            logger.ApplicationError(identity.ConnectionId, identity.TraceIdentifier, thrownByCallback);
        }
    }
}
