using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Gateway;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.Sessions;

public sealed class RequestSessionTests : IDisposable
{
    private readonly TestHome _home = new();

    [Fact]
    public async Task LoadAsync_TheAppGivesUpWaiting_TheTurnGoesToTheNext()
    {
        var session = new LiveSession(_home.Services, new SessionId(1, 1), null) { LookedAt = 0 };
        var (holder, impatient, next) = (RequestOf(session, 1), RequestOf(session, 2), RequestOf(session, 3));
        await holder.LoadAsync().For("the free turn");
        using var patience = new CancellationTokenSource();
        var waiting = impatient.LoadAsync(patience.Token);

        await patience.CancelAsync();
        var givenUp = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.For("the app to have given up"));
        holder.EndUncommitted();

        Assert.Equal(patience.Token, givenUp.CancellationToken);
        await next.LoadAsync().For("the turn that nobody holds");
        next.EndUncommitted();
    }

    [Fact]
    public async Task LoadAsync_AfterTheAppGaveUp_WaitsForTheTurnAgain()
    {
        var session = new LiveSession(_home.Services, new SessionId(1, 1), null) { LookedAt = 0 };
        var (holder, impatient) = (RequestOf(session, 1), RequestOf(session, 2));
        await holder.LoadAsync().For("the free turn");
        using var patience = new CancellationTokenSource();
        var waiting = impatient.LoadAsync(patience.Token);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.For("the app to have given up"));

        var again = impatient.LoadAsync();
        Assert.False(again.IsCompleted);
        holder.EndUncommitted();

        await again.For("the turn");
        impatient.EndUncommitted();
    }

    public void Dispose() => _home.Dispose();

    private static RequestSession RequestOf(LiveSession session, ulong number)
    {
        var request = new RequestSession(session, new RequestId(1, number), CancellationToken.None);
        request.Attach(new FeatureCollection());
        return request;
    }
}
