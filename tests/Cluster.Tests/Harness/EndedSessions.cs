using System.Collections.Concurrent;
using Pomegranate.Backend.Sessions;

namespace Pomegranate.ClusterTests.Harness;

/// <summary>Every end of a session that an app was told of, on all backends.</summary>
internal sealed class EndedSessions : ISessionEndedHandler
{
    private readonly ConcurrentQueue<SessionEnded> _all = new();

    public Task OnSessionEndedAsync(SessionEnded ended)
    {
        _all.Enqueue(ended);
        return Task.CompletedTask;
    }

    public SessionEnded[] Of(string sessionId) => [.. _all.Where(ended => ended.SessionId == sessionId)];
}
