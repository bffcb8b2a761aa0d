using Akka.Actor;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// Tells a session's home that no request has used it for <see cref="ClusterSessionOptions.PassivateAfter"/>, so that it
/// may give its memory back. Not thread-safe: the actor's own.
/// </summary>
internal sealed class IdleTimer(ITimerScheduler timers, SessionServices services)
{
    private long _lastUse;
    private bool _isRunning;

    /// <summary>A timer that is on its way is left alone: to start one anew for each request costs more than to look again.</summary>
    public void NoteUse()
    {
        _lastUse = services.Time.GetTimestamp();
        if (!_isRunning)
        {
            _isRunning = true;
            Start(services.SessionOptions.PassivateAfter);
        }
    }

    /// <summary>Whether the time is up; if not, it comes again.</summary>
    public bool IsUp()
    {
        var left = services.SessionOptions.PassivateAfter - services.Time.GetElapsedTime(_lastUse);
        if (left > TimeSpan.Zero)
        {
            Start(left);
            return false;
        }

        _isRunning = false;
        return true;
    }

    private void Start(TimeSpan left) => timers.StartSingleTimer(nameof(Idle), Idle.Instance, left);

    /// <summary>What the home is told: it asks whether the time <see cref="IsUp"/>.</summary>
    internal sealed class Idle
    {
        public static readonly Idle Instance = new();
    }
}
