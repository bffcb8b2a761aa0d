using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>What a request sees of its session that runs a second time, though others have changed the session since its first run.</summary>
public sealed class SessionChangesTests
{
    private static readonly ClusterSessionOptions Limits = new();
    private readonly SessionChanges _changes = new();

    public SessionChangesTests()
    {
        SessionVersion first = new(1, 1, 1), own = new(1, 2, 1), others = new(1, 3, 1);
        _changes.StartFrom(SessionEntry.Live(others, default, 0, [new("added", own, [1]), new("changed", own, [2]), new("kept", first, [3]), new("others", others, [4])]));
        _changes.Repeat([new("added", null), new("changed", [1]), new("removed", [5])]);
    }

    [Fact]
    public void Repeat_BeforeItChangesAnything_IsAsTheFirstTime()
    {
        Assert.Equal(["changed", "kept", "others", "removed"], _changes.Keys.Order());
        Assert.Null(_changes.Find("added"));
        Assert.Equal([1], _changes.Find("changed"));
        Assert.Equal([5], _changes.Find("removed"));
    }

    [Fact]
    public void Repeat_ItChangesTheSameAgain_SeesThatAndCommitsNothing()
    {
        _changes.Set("added", [1], Limits);
        _changes.Set("changed", [2], Limits);
        _changes.Remove("removed");

        Assert.Equal(["added", "changed", "kept", "others"], _changes.Keys.Order());
        Assert.Equal([1], _changes.Find("added"));
        Assert.Equal([2], _changes.Find("changed"));
        Assert.Null(_changes.Find("removed"));
        Assert.False(_changes.IsAny);
    }

    [Fact]
    public void Undo_ItSetsTheSameAgain_CountsOnce()
    {
        var limits = new ClusterSessionOptions { MaxSessionBytes = 150 };
        var changes = new SessionChanges();
        SessionVersion own = new(1, 2, 1);
        changes.StartFrom(SessionEntry.Live(own, default, 0, [new("added", own, new byte[100])]));
        changes.Undo([new("added", null)]);

        changes.Set("added", new byte[100], limits);

        Assert.Equal(100, changes.Find("added")!.Length);
    }

    [Fact]
    public void Repeat_Cleared_HoldsNothing()
    {
        _changes.Clear();

        Assert.Empty(_changes.Keys);
        Assert.Null(_changes.Find("changed"));
        Assert.Null(_changes.Find("kept"));
    }
}
