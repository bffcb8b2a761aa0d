using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>Whether the client announced a body.</summary>
internal sealed class RequestBodyDetectionFeature(bool canHaveBody) : IHttpRequestBodyDetectionFeature
{
    public bool CanHaveBody => canHaveBody;
}
