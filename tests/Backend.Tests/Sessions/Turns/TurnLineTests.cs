using Pomegranate.Backend.Sessions.Turns;

namespace Pomegranate.Backend.Tests.Sessions.Turns;

/// <summary>Who has the turn, who runs beside it and who waits, as a function of what happens and when.</summary>
public sealed class TurnLineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly TurnLine _line = new(Patience, Timeout);
    private readonly List<TurnTicket> _over = [];
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Use_WhileFree_Holds(bool isSafe) => Assert.Equal(TurnState.Holding, Use(isSafe).State);

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Use_WhileTaken_WaitsInOrder(bool firstIsSafe, bool secondIsSafe)
    {
        var (holder, first, second) = (Use(false), Use(firstIsSafe), Use(secondIsSafe));

        Release(holder);
        Assert.Equal((TurnState.Holding, TurnState.Waiting), (first.State, second.State));
        Assert.Equal([first], _over);
        Release(first);
        Assert.Equal(TurnState.Holding, second.State);
    }

    [Fact]
    public void Tick_UnsafeHolderIsTired_SafeOnesPassAndUnsafeOnesWait()
    {
        var (holder, reader, writer, other) = (Use(false), Use(true), Use(false), Use(true));

        Assert.Equal(_now + Patience, _line.WakeAt);
        Pass(Patience);

        Assert.Equal([reader, other], _over);
        Assert.Equal(
            (TurnState.Holding, TurnState.Beside, TurnState.Waiting, TurnState.Beside),
            (holder.State, reader.State, writer.State, other.State));
        Assert.Equal(_now - Patience + Timeout, _line.WakeAt);
    }

    [Fact]
    public void Tick_SafeHolderIsTired_TheNextHasTheTurnAndNoSafeOneWaitsForIt()
    {
        var (holder, next, last) = (Use(true), Use(false), Use(true));

        Pass(Patience - TimeSpan.FromTicks(1));
        Assert.Equal(TurnState.Holding, holder.State);
        Pass(TimeSpan.FromTicks(1));

        Assert.Equal((TurnState.Beside, TurnState.Holding, TurnState.Beside), (holder.State, next.State, last.State));
    }

    [Fact]
    public void Use_HolderIsTiredAlready_WaitsForNothing()
    {
        var holder = Use(true);
        Pass(Timeout * 10);

        Assert.Equal(TurnState.Holding, Use(false).State);
        Assert.Equal(TurnState.Beside, holder.State);
        Pass(Patience);
        Assert.Equal(TurnState.Beside, Use(true).State);
    }

    [Fact]
    public void SafeHolder_NobodyWaits_KeepsTheTurn()
    {
        var holder = Use(true);

        Pass(Timeout * 10);

        Assert.Equal(TurnState.Holding, holder.State);
        Assert.Null(_line.WakeAt);
    }

    [Fact]
    public void Commit_OfTheHolder_KeepsTheTurnHoweverLong()
    {
        var holder = Use(true);
        _line.Commit(holder, _now, _over);
        var writer = Use(false);

        Pass(Patience * 10);

        Assert.Equal((TurnState.Holding, TurnState.Waiting), (holder.State, writer.State));
    }

    [Fact]
    public void Commit_OfOneBeside_WaitsForItsTurnAndPassesNobody()
    {
        var (holder, reader) = (Use(false), Use(true));
        Pass(Patience);
        _line.Commit(reader, _now, _over);

        Pass(Patience * 10);
        Assert.Equal(TurnState.Waiting, reader.State);
        Release(holder);

        Assert.Equal(TurnState.Holding, reader.State);
    }

    [Fact]
    public void Waiting_ForTheTimeout_IsRefused()
    {
        var (_, waiting) = (Use(false), Use(false));

        Pass(Timeout);

        Assert.Equal(TurnState.Refused, waiting.State);
        Assert.Null(_line.WakeAt);
    }

    [Fact]
    public void Release_OfOneThatWaits_LeavesTheLine()
    {
        var (holder, leaving, next) = (Use(false), Use(false), Use(false));

        Release(leaving);
        Release(holder);

        Assert.Equal((TurnState.None, TurnState.Holding), (leaving.State, next.State));
    }

    [Fact]
    public void HandOver_TheRequestThatBeginsAgain_HasTheTurnFromNowOn()
    {
        var (lost, waiting) = (Use(true), Use(false));
        _line.Commit(lost, _now, _over);
        Pass(Patience);

        var again = new TurnTicket(isYielding: false);
        TurnLine.HandOver(lost, again, _now);
        Pass(Patience);

        Assert.Equal((TurnState.None, TurnState.Holding, TurnState.Waiting), (lost.State, again.State, waiting.State));
        Release(again);
        Assert.Equal(TurnState.Holding, waiting.State);
    }

    [Fact]
    public void Caused_ByTheHolder_WaitsForEachOtherButNotForIt()
    {
        var (holder, stranger) = (Use(false, new("t1", null, null, null)), Use(false));

        var (first, second) = (Use(false, new(null, null, "t1", null)), Use(false, new(null, null, "t1", null)));
        Assert.Equal((TurnState.Holding, TurnState.Waiting, TurnState.Waiting), (first.State, second.State, stranger.State));
        _line.Commit(first, _now, _over);
        Release(first);

        Assert.True(holder.IsBehind);
        Assert.Equal((TurnState.Holding, TurnState.Waiting), (second.State, stranger.State));
        Release(second);
        Release(holder);
        Assert.Equal(TurnState.Holding, stranger.State);
    }

    [Fact]
    public void Caused_HolderIsSafeAndTired_KeepsTheTurnForIt()
    {
        var holder = Use(true, new("t1", null, null, null));
        var inner = Use(false, new(null, null, "t1", null));
        var stranger = Use(false);

        Pass(Patience * 5);
        Assert.Equal((TurnState.Holding, TurnState.Holding, TurnState.Waiting), (holder.State, inner.State, stranger.State));
        Release(inner);
        Pass(Patience);

        Assert.Equal((TurnState.Beside, TurnState.Holding), (holder.State, stranger.State));
    }

    [Fact]
    public void Caused_OutlivesTheHolder_HasTheTurnBeforeOthers()
    {
        var holder = Use(false, new("t1", null, null, null));
        var (first, second) = (Use(false, new(null, null, "t1", null)), Use(false, new(null, null, "t1", null)));
        var stranger = Use(false);

        Release(holder);
        Assert.Equal((TurnState.Holding, TurnState.Waiting, TurnState.Waiting), (first.State, second.State, stranger.State));
        Release(first);
        Assert.Equal((TurnState.Holding, TurnState.Waiting), (second.State, stranger.State));
        Release(second);
        Assert.Equal(TurnState.Holding, stranger.State);
    }

    /// <summary>
    /// Any order of events: one holder at most, who does not yield never loses the turn, nobody waits for one that yields, and
    /// no one who yields for anybody, beyond the patience.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AnyEvents_TheRulesHold(int seed)
    {
        var random = new Random(seed);
        var all = new List<TurnTicket>();
        for (var step = 0; step < 20_000; step++)
        {
            var before = all.Where(ticket => ticket is { IsYielding: false, State: TurnState.Holding }).ToList();
            TurnTicket? released = null;
            switch (random.Next(6))
            {
                case 0 or 1 when all.Count < 12:
                    all.Add(Use(random.Next(2) == 0, CauseOf(random, all)));
                    break;
                case 2 when all.Count > 0:
                    released = all[random.Next(all.Count)];
                    all.Remove(released);
                    Release(released);
                    break;
                case 3 when all.Find(ticket => ticket.State is TurnState.Holding or TurnState.Beside && random.Next(3) == 0) is { } changing:
                    _line.Commit(changing, _now, _over);
                    break;
                default:
                    Pass(_line.WakeAt is { } wake && random.Next(2) == 0 ? wake - _now : TimeSpan.FromMilliseconds(random.Next(300)));
                    break;
            }

            all.RemoveAll(ticket => ticket.State == TurnState.Refused);
            Assert.All(before.Where(ticket => ticket != released), ticket => Assert.Equal(TurnState.Holding, ticket.State));
            Assert.True(all.Count(ticket => ticket.State == TurnState.Holding && ticket.Inner?.Holder is null) <= 1);
            if (all.Exists(ticket => ticket.State == TurnState.Waiting))
            {
                Assert.NotNull(_line.Holder);
                Assert.True(_line.WakeAt > _now);
                Assert.DoesNotContain(all, ticket => ticket is { State: TurnState.Waiting, IsYielding: true, IsCommitting: false }
                    && _now - ticket.Line!.Holder!.HeldSince >= Patience);
            }
        }

        foreach (var ticket in all.ToList())
        {
            Release(ticket);
        }

        Assert.Null(_line.Holder);
    }

    private static RequestCause CauseOf(Random random, List<TurnTicket> all) =>
        random.Next(3) == 0 && all.Count > 0 ? new(null, $"{random.Next()}", "t", all[random.Next(all.Count)].Cause.Mark)
        : new(null, $"{random.Next()}", "t", null);

    private TurnTicket Use(bool isSafe, RequestCause cause = default)
    {
        var ticket = new TurnTicket(isSafe, cause);
        _line.Use(ticket, _now, _over);
        return ticket;
    }

    private void Release(TurnTicket ticket)
    {
        _over.Clear();
        TurnLine.Release(ticket, _now, _over);
        _line.Tick(_now, _over);
    }

    private void Pass(TimeSpan time)
    {
        _over.Clear();
        _now += time;
        _line.Tick(_now, _over);
    }
}
