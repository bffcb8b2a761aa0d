namespace Pomegranate.Backend.Server;

/// <summary>
/// A request was to change its session, and what it has read of it others have changed meanwhile: nothing of it is kept, and
/// the request is run again from its start. A cancellation, so that the app's own middleware does not take it for a fault.
/// </summary>
internal sealed class SessionConflictException() : OperationCanceledException(
    "Another request has changed what this one had read of their session. This one is run again from its start.");
