namespace Pomegranate.Backend.Sessions;

/// <summary>Why a session ended.</summary>
public enum SessionEndReason
{
    /// <summary>No request used it for the idle timeout.</summary>
    Expired = 0,

    /// <summary>The app called <c>AbandonAsync</c>.</summary>
    Abandoned,
}

/// <summary>A session ends.</summary>
/// <param name="SessionId">Its id as the app knows it: <c>ISession.Id</c>.</param>
/// <param name="Reason">Why.</param>
public sealed record SessionEnded(string SessionId, SessionEndReason Reason);

/// <summary>
/// Told when a session ends; register it with the app's services. Called on the session's home just before the end is
/// committed, once per cluster while no node fails, at least once otherwise. Waited for up to 5 s; exceptions are
/// logged. Must be thread-safe.
/// </summary>
public interface ISessionEndedHandler
{
    /// <summary>Handles the end of one session; its attributes cannot be read any more.</summary>
    Task OnSessionEndedAsync(SessionEnded ended);
}
