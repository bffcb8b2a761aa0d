using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>
/// <c>Request.BodyReader</c>: the body itself, or a reader over the stream that the app has put in its place
/// (<c>EnableBuffering</c>, decompression).
/// </summary>
internal sealed class RequestBodyPipeFeature : IRequestBodyPipeFeature
{
    private readonly IHttpRequestFeature _request;
    private readonly PipeReader _own;
    private Stream _stream;
    private PipeReader _reader;

    public RequestBodyPipeFeature(IHttpRequestFeature request, PipeReader own)
    {
        _request = request;
        _stream = request.Body;
        _own = _reader = own;
    }

    public PipeReader Reader
    {
        get
        {
            if (!ReferenceEquals(_stream, _request.Body))
            {
                Release();
                _stream = _request.Body;
                _reader = PipeReader.Create(_stream, new StreamPipeReaderOptions(leaveOpen: true));
            }

            return _reader;
        }
    }

    /// <summary>Gives back the buffers of a reader over the app's stream.</summary>
    public void Release()
    {
        if (!ReferenceEquals(_reader, _own))
        {
            _reader.Complete();
        }
    }
}
