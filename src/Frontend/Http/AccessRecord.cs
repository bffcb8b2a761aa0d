namespace Pomegranate.Frontend.Http;

/// <summary>What the access log says of a request beyond HTTP. On <see cref="HttpContext.Features"/> once a node has answered.</summary>
/// <param name="Node">The node that answered.</param>
/// <param name="Attempts">How often the request was sent to a node, the answered time included.</param>
internal sealed record AccessRecord(string Node, int Attempts);
