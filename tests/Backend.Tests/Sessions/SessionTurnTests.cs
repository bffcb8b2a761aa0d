using Pomegranate.Backend.Sessions;

namespace Pomegranate.Backend.Tests.Sessions;

public class SessionTurnTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task TakeAsync_WhileTaken_WaitsInOrder()
    {
        var turn = new SessionTurn();
        Assert.True(turn.TryTake());
        var first = turn.TakeAsync(Deadline, CancellationToken.None);
        var second = turn.TakeAsync(Deadline, CancellationToken.None);
        Assert.False(first.IsCompleted);

        turn.Release();
        Assert.True(await first.WaitAsync(Deadline));
        Assert.False(second.IsCompleted);

        turn.Release();
        Assert.True(await second.WaitAsync(Deadline));
        Assert.False(turn.TryTake());
    }

    [Fact]
    public async Task TakeAsync_Timeout_LeavesTheQueue()
    {
        var turn = new SessionTurn();
        turn.TryTake();

        Assert.False(await turn.TakeAsync(TimeSpan.FromMilliseconds(1), CancellationToken.None).WaitAsync(Deadline));

        turn.Release();
        Assert.True(turn.TryTake());
    }

    [Fact]
    public async Task TakeAsync_Cancelled_ThrowsAndLeavesTheQueue()
    {
        var turn = new SessionTurn();
        turn.TryTake();
        using var client = new CancellationTokenSource();
        var waiting = turn.TakeAsync(Deadline, client.Token);

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Deadline));
        turn.Release();
        Assert.True(turn.TryTake());
    }
}
