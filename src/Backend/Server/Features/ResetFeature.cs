using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>Ends the stream of HTTP/2 or HTTP/3 with an error code of the app's choice. HTTP/1.1 has no such thing.</summary>
internal sealed class ResetFeature(RequestLifetimeFeature lifetime) : IHttpResetFeature
{
    public void Reset(int errorCode)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(errorCode);
        lifetime.Abort(new ResponseAbortedException(AbortReason.Application, "The application reset the stream.") { ResetCode = errorCode });
    }
}
