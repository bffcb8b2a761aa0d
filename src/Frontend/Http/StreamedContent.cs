using System.Net;
using Pomegranate.Frontend.Streaming;

namespace Pomegranate.Frontend.Http;

/// <summary>A response's body that is still on its way. Unlike StreamContent it can be written to, which upgrades need.</summary>
internal sealed class StreamedContent(ResponseStream stream, HttpResponseMessage response) : HttpContent
{
    protected override Task<Stream> CreateContentReadStreamAsync()
    {
        stream.OnTrailers = trailers =>
        {
            foreach (var (name, values) in trailers)
            {
                response.TrailingHeaders.TryAddWithoutValidation(name, (IEnumerable<string>)values!);
            }
        };
        return Task.FromResult<Stream>(stream);
    }

    protected override Task SerializeToStreamAsync(Stream destination, TransportContext? context) => stream.CopyToAsync(destination);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            stream.Dispose();
        }

        base.Dispose(disposing);
    }
}
