using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using Pomegranate.Http;

namespace Pomegranate.Backend.Server;

/// <summary>
/// One request's life:
/// <list type="number">
/// <item>The features are built and the host creates its context.</item>
/// <item>The app runs. The response may start on the way: OnStarting callbacks (last registered first), the session's
/// commit, head final.</item>
/// <item>The app has returned: what it has changed in the session since is committed, remaining OnStarting callbacks, Content-Length check, bodies closed.</item>
/// <item>The response ends: started first if it is not, an unhandled exception making it a 500; then it is delivered.</item>
/// <item>OnCompleted callbacks (last registered first), then the host disposes its context. In this order, as Kestrel:
/// the callbacks dispose the request's services and still see its context.</item>
/// </list>
/// </summary>
internal sealed class RequestExecution : IThreadPoolWorkItem
{
    private readonly ErasedApplication _application;
    private readonly RequestIdentity _identity;
    private readonly WebRequest _request;
    private readonly RequestTarget _target;
    private readonly RequestSettings _settings;
    private readonly RunningRequests _running;
    private readonly CancellationToken _clientGone;
    private readonly ILogger _logger;
    private readonly RequestLifetimeFeature _lifetime;
    private readonly ResponseFeature _response;
    private readonly ResponseExchange _exchange;
    private readonly ResponseBodyWriter _writer;
    private readonly ResponseOutput _output;
    private readonly RequestStream _stream;
    private readonly ResponseTrailersFeature? _trailers;
    private readonly IRequestSession _session;
    private RequestBodyReader? _reader;
    private RequestBodyPipeFeature? _bodyPipe;
    private CancellationTokenRegistration _socketEnd;
    private bool _isUpgraded;

    public RequestExecution(
        ErasedApplication application,
        WebRequest request,
        RequestStream stream,
        RequestTarget target,
        IRequestSession session,
        RequestSettings settings,
        RunningRequests running,
        ILogger logger,
        CancellationToken clientGone)
    {
        _application = application;
        _request = request;
        _stream = stream;
        _target = target;
        _session = session;
        _settings = settings;
        _running = running;
        _clientGone = clientGone;
        _logger = logger;
        _identity = RequestIdentity.From(request.TraceIdentifier);
        _lifetime = new RequestLifetimeFeature(_identity, logger);
        _output = new ResponseOutput(settings.InlineResponseBytes, stream, _lifetime);
        _trailers = HttpProtocol.IsHttp2(request.Protocol) || HttpProtocol.IsHttp3(request.Protocol) ? new() : null;
        var headers = new ResponseHeaders(settings.ResponseHeaderEncoding);
        _response = new ResponseFeature(headers);
        _exchange = new ResponseExchange(
            request.Method, _identity, _response, headers, _trailers, session, _output,
            request.Facts is null ? static headers => headers : settings.EncodeResponseHeaders, logger);
        _writer = new ResponseBodyWriter(_exchange);
    }

    public Task<WebResponse?> Response => _output.Response;

    async void IThreadPoolWorkItem.Execute()
    {
        try
        {
            await RunAsync();
        }
        catch (Exception failure)
        {
            // Nothing of the app's arrives here; whoever waits must not wait for ever.
            _logger.ExecutionFailed(_identity.TraceIdentifier, failure);
            _output.Fail(failure);
        }
        finally
        {
            _running.Leave();
        }
    }

    private async Task RunAsync()
    {
        using var clientGone = _clientGone.UnsafeRegister(static state => ((RequestExecution)state!).OnClientGone(), this);
        _stream.OnCut = () => ClientLeft(_lifetime);
        using var stopping = _running.Aborted.UnsafeRegister(
            static state => ((RequestLifetimeFeature)state!).Abort(
                new ResponseAbortedException(AbortReason.ServerStopping, "The server stopped before the response was complete.")), _lifetime);

        // 1.
        var context = _application.CreateContext(BuildFeatures());
        try
        {
            // 2. and 3.
            await RunApplicationAsync(context);
            await EndSessionAsync();

            // 4.
            await EndResponseAsync();

            // 5.
            await _response.FireOnCompletedAsync(
                failure => _logger.ApplicationError(_identity.ConnectionId, _identity.TraceIdentifier, failure));
            await EndSessionAsync();
        }
        finally
        {
            _bodyPipe?.Release();
            await _socketEnd.DisposeAsync();
            if (_isUpgraded)
            {
                _running.LeaveSocket();
            }

            await _stream.CloseAsync();
            _application.DisposeContext(context, _exchange.ApplicationError);
        }
    }

    private async Task RunApplicationAsync(object context)
    {
        try
        {
            await _application.ProcessRequestAsync(context);
            if (!_response.HasStarted && _exchange.ApplicationError is null)
            {
                await _exchange.FireOnStartingAsync();
            }

            if (_lifetime.Aborted is null)
            {
                _exchange.CheckContentLength();
            }
        }
        catch (Exception failure)
        {
            if (failure is OperationCanceledException or IOException && _lifetime.Aborted is not null)
            {
                _logger.RequestAborted(_identity.ConnectionId, _identity.TraceIdentifier);
            }
            else
            {
                _exchange.ReportApplicationError(failure);
            }
        }

        _reader!.Close();
        try
        {
            await _writer.CloseAsync();
        }
        catch (Exception failure)
        {
            _exchange.ReportApplicationError(failure);
        }
    }

    /// <summary>
    /// What the app has changed since its response began. Where that fails, the client sees a cut if its response is not whole
    /// yet.
    /// </summary>
    private async Task EndSessionAsync()
    {
        try
        {
            await _session.EndAsync();
        }
        catch (Exception failure)
        {
            _exchange.ReportApplicationError(failure);
        }
    }

    private async Task EndResponseAsync()
    {
        try
        {
            if (_lifetime.Aborted is not { } reason)
            {
                await _exchange.EndAsync();
                return;
            }

            await _exchange.AbandonAsync(reason);
        }
        catch (Exception commitFailure)
        {
            // The session's changes are lost, so the response that speaks of them must not be seen.
            _output.Fail(commitFailure);
        }
    }

    /// <summary>The client may come back for the outcome of an exactly-once request, so that one goes on.</summary>
    private void OnClientGone()
    {
        if (!_session.IsExactlyOnce)
        {
            ClientLeft(_lifetime);
        }
    }

    private static void ClientLeft(RequestLifetimeFeature lifetime) => lifetime.Abort(
        new ResponseAbortedException(AbortReason.ClientGone, "The client left before the response was complete."));

    /// <summary>The client's end of the socket is told before the app's is cut: a close frame must not come after a cut.</summary>
    private bool TryUpgrade()
    {
        if (!_running.TryEnterSocket(_settings.MaxUpgradedConnections))
        {
            return false;
        }

        _isUpgraded = true;
        _socketEnd = _running.SocketsEnded.Register(async () =>
        {
            try
            {
                await _stream.SendGoingAwayAsync();
            }
            finally
            {
                _lifetime.Abort(new ResponseAbortedException(AbortReason.ServerStopping, "The server stopped, and the socket's time was over."));
            }
        });
        return true;
    }

    private long AnnouncedLength()
    {
        foreach (var (name, values) in _request.Headers)
        {
            if (name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
            {
                return long.TryParse(values, NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : 0;
            }
        }

        return 0;
    }

    private FeatureCollection BuildFeatures()
    {
        var control = new BodyControlFeature(_settings.AllowSynchronousIO);
        var limit = new MaxRequestBodySizeFeature(_settings.MaxRequestBodySize);
        _reader = _request.IsBodyStreamed
            ? new RequestBodyReader(_stream.Incoming, AnnouncedLength(), limit, _lifetime, _exchange.ReportApplicationError, _stream.RequestBodyAsync)
            : new RequestBodyReader(PipeReader.Create(new ReadOnlySequence<byte>(_request.Body)), _request.Body.Length, limit, _lifetime, _exchange.ReportApplicationError);
        var request = new RequestFeature(_request, _target, new RequestBodyStream(_reader, control));
        _bodyPipe = new RequestBodyPipeFeature(request, _reader);
        _settings.TellRates(_stream);
        var features = new FeatureCollection(initialCapacity: 32);
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpRequestBodyDetectionFeature>(
            new RequestBodyDetectionFeature(_request.HasBody && request.Headers.ContentLength != 0));
        features.Set<IRequestBodyPipeFeature>(_bodyPipe);
        features.Set<IHttpRequestTrailersFeature>(new RequestTrailersFeature(_request.HasBody ? () => _reader.HasEnded : () => true));
        features.Set<IHttpMaxRequestBodySizeFeature>(limit);
        features.Set<IHttpBodyControlFeature>(control);
        features.Set<IHttpRequestLifetimeFeature>(_lifetime);
        features.Set<IHttpRequestIdentifierFeature>(new RequestIdentifierFeature(_request.TraceIdentifier));
        features.Set<IHttpConnectionFeature>(new ConnectionFeature(_request, _identity.ConnectionId));
        features.Set<ISessionFeature>(new SessionFeature(_session.Session));
        _session.Attach(features);
        features.Set<IHttpResponseFeature>(_response);
        var body = new ResponseBodyStream(_writer, control);
        features.Set<IHttpResponseBodyFeature>(
            new ResponseBodyFeature(_exchange, _writer, body));
        features.Set<IHttpUpgradeFeature>(new UpgradeFeature(
            request.Headers.ContainsKey(HeaderNames.Upgrade), _response, _exchange, body, _writer, _stream, TryUpgrade));
        features.Set<IBadRequestExceptionFeature>(new BadRequestFeature(_exchange));
        features.Set<IRouteValuesFeature>(new RouteValuesFeature());
        SetConnectionFeatures(features);
        if (_trailers is not null)
        {
            // HTTP/2 and HTTP/3.
            features.Set<IHttpResponseTrailersFeature>(_trailers);
            features.Set<IHttpResetFeature>(new ResetFeature(_lifetime));
            features.Set<IHttpMinRequestBodyDataRateFeature>(new DataRateFeature(_stream, _settings.MinRequestBodyDataRate));
        }
        else
        {
            var rates = new Http1DataRateFeature(_stream, _settings.MinRequestBodyDataRate, _settings.MinResponseDataRate);
            features.Set<IHttpMinRequestBodyDataRateFeature>(rates);
            features.Set<IHttpMinResponseDataRateFeature>(rates);
        }

        return features;
    }

    private void SetConnectionFeatures(FeatureCollection features)
    {
        var connection = new ClientConnectionFeature(_identity.ConnectionId);
        features.Set<IConnectionIdFeature>(connection);
        features.Set<IConnectionItemsFeature>(connection);
        features.Set<IPersistentStateFeature>(connection);
        features.Set<IMemoryPoolFeature>(connection);
        if (_request.Facts?.Tls is { } facts)
        {
            var tls = new TlsFeature(facts, _request.Protocol);
            features.Set<ITlsConnectionFeature>(tls);
            features.Set<ITlsHandshakeFeature>(tls);
            features.Set<ITlsApplicationProtocolFeature>(tls);
        }
    }
}
