using System.Collections.Concurrent;
using Pomegranate.Backend.Sessions;
using Pomegranate.Sessions;

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

    /// <param name="cookie">The value of the session's cookie.</param>
    public SessionEnded[] Of(string cookie)
    {
        Assert.True(SessionId.TryParse(cookie, out var id), cookie);
        return [.. _all.Where(ended => ended.SessionId == PublicSessionId.Of(id))];
    }
}
