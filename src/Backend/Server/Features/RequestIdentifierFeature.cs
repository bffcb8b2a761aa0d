using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>The frontend's identifier of the request, so that both sides' logs speak of the same one.</summary>
internal sealed class RequestIdentifierFeature(string traceIdentifier) : IHttpRequestIdentifierFeature
{
    public string TraceIdentifier { get; set; } = traceIdentifier;
}
