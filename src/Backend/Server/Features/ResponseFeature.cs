using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>The response's status, headers and callbacks, which turn read-only when it starts.</summary>
internal sealed class ResponseFeature(ResponseHeaders headers) : IHttpResponseFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _onStarting = new(0);
    private readonly Stack<(Func<object, Task> Callback, object State)> _onCompleted = new(1);
    private int _statusCode = StatusCodes.Status200OK;
    private string? _reasonPhrase;

    public int StatusCode
    {
        get => _statusCode;
        set
        {
            CheckNotStarted(nameof(StatusCode));
            _statusCode = value;
        }
    }

    public string? ReasonPhrase
    {
        get => _reasonPhrase;
        set
        {
            CheckNotStarted(nameof(ReasonPhrase));
            _reasonPhrase = value;
        }
    }

    public IHeaderDictionary Headers { get; set; } = headers;

    /// <summary>Obsolete in the framework: the body is <see cref="IHttpResponseBodyFeature"/>'s.</summary>
    public Stream Body { get; set; } = Stream.Null;

    public bool HasStarted { get; private set; }

    public void OnStarting(Func<object, Task> callback, object state)
    {
        CheckNotStarted(nameof(OnStarting));
        _onStarting.Push((callback, state));
    }

    public void OnCompleted(Func<object, Task> callback, object state) => _onCompleted.Push((callback, state));

    /// <summary>Runs the callbacks once each, last registered first; the first failure ends them.</summary>
    public async ValueTask FireOnStartingAsync()
    {
        while (_onStarting.TryPop(out var entry))
        {
            await entry.Callback(entry.State);
        }
    }

    /// <summary>Runs the callbacks last registered first; a failure is reported and the rest still run.</summary>
    public async ValueTask FireOnCompletedAsync(Action<Exception> report)
    {
        while (_onCompleted.TryPop(out var entry))
        {
            try
            {
                await entry.Callback(entry.State);
            }
            catch (Exception failure)
            {
                report(failure);
            }
        }
    }

    /// <summary>The status and headers are final.</summary>
    public void Start() => HasStarted = true;

    private void CheckNotStarted(string name)
    {
        if (HasStarted)
        {
            throw new InvalidOperationException($"{name} cannot be set because the response has already started.");
        }
    }
}
