using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>Why the server has rejected the request; null while it has not.</summary>
internal sealed class BadRequestFeature(ResponseExchange exchange) : IBadRequestExceptionFeature
{
    public Exception? Error => exchange.Rejection;
}
