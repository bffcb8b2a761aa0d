using System.Net;
using System.Text;

namespace Pomegranate.Campaign.Clients;

/// <summary>
/// A body that is sent once. .NET's client sends a request again, POST too, where a connection it had kept breaks
/// before the answer: an effect that is there twice would then be the client's own doing.
/// </summary>
internal sealed class OnceContent : HttpContent
{
    private readonly byte[] _bytes;

    public OnceContent(string text) => _bytes = Encoding.UTF8.GetBytes(text);

    /// <summary>Whether any of it may have left.</summary>
    public bool WasSent { get; private set; }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        if (WasSent)
        {
            throw new IOException("The connection broke before the answer, and the request is not sent again.");
        }

        WasSent = true;
        return stream.WriteAsync(_bytes).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
