using Microsoft.Extensions.Time.Testing;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.Sessions.Turns;
using Pomegranate.Backend.Tests.Server;

namespace Pomegranate.Backend.Tests.Sessions.Turns;

/// <summary>The line on many threads, and with time.</summary>
public sealed class SessionTurnTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ClusterSessionOptions _options = new();
    private readonly SessionTurn _turn;

    public SessionTurnTests() => _turn = new SessionTurn(_time, _options);

    [Fact]
    public async Task UseAsync_WhileTaken_WaitsInOrder()
    {
        var (holder, first, second) = (Ticket(), Ticket(), Ticket());
        Assert.True(Use(holder).IsCompletedSuccessfully);
        var (one, other) = (Use(first), Use(second));
        Assert.False(one.IsCompleted);

        _turn.Release(holder);
        await one.For("the first in line");
        Assert.False(other.IsCompleted);

        _turn.Release(first);
        await other.For("the second in line");
    }

    [Fact]
    public async Task UseAsync_PatienceIsOver_WaitsNoLonger()
    {
        var (holder, reader, writer) = (Ticket(), Ticket(isSafe: true), Ticket());
        _ = Use(holder);
        var (reads, writes) = (Use(reader), Use(writer));

        _time.Advance(_options.TurnPatience);

        await reads.For("the reader to pass");
        Assert.False(writes.IsCompleted);
        Assert.Equal(TurnState.Beside, _turn.StateOf(reader));
    }

    [Fact]
    public async Task UseAsync_Timeout_LeavesTheLine()
    {
        var (holder, late, next) = (Ticket(), Ticket(), Ticket());
        _ = Use(holder);
        var wait = Use(late);

        _time.Advance(_options.TurnTimeout);
        await wait.For("the end of the wait");

        Assert.Equal(TurnState.Refused, _turn.StateOf(late));
        _turn.Release(holder);
        Assert.True(Use(next).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task UseAsync_Cancelled_ThrowsAndLeavesTheLine()
    {
        var (holder, leaving) = (Ticket(), Ticket());
        _ = Use(holder);
        using var client = new CancellationTokenSource();
        var waiting = _turn.UseAsync(leaving, client.Token);

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.For("the end of the wait"));
        _turn.Release(holder);
        Assert.True(Use(Ticket()).IsCompletedSuccessfully);
    }

    private static TurnTicket Ticket(bool isSafe = false) => new(isSafe);

    private Task Use(TurnTicket ticket) => _turn.UseAsync(ticket, CancellationToken.None);
}
