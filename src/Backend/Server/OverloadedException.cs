namespace Pomegranate.Backend.Server;

/// <summary>This node runs as many requests as it may: the request has not run.</summary>
internal sealed class OverloadedException(string message) : Exception(message);
