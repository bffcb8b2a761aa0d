namespace Pomegranate.Streaming;

/// <summary>
/// Where a frontend takes the stream of a request whose bodies do not fit a message, and the secret that opens it. It
/// travels with the request, so only the home that has the request can open its stream.
/// </summary>
internal sealed record StreamTicket(string Host, int Port, Guid Secret);
