using System.Diagnostics;
using Pomegranate.Backend.Sessions.Turns;

namespace Pomegranate.Backend.Tests.Sessions.Turns;

/// <summary>Which request has caused which, by what W3C trace context hands on.</summary>
public sealed class RequestCauseTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string SameTraceOtherSpan = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";

    [Fact]
    public void HasCaused_TheTraceThatItHasBegun_OnlyByIt()
    {
        using var own = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        var holder = Of(null, null, 1, own);

        Assert.True(holder.HasCaused(Of(own.Id, null, 2)));
        Assert.False(holder.HasCaused(Of(Trace, null, 3)));
        Assert.False(holder.HasCaused(Of(null, null, 4, own)));
    }

    [Fact]
    public void HasCaused_OneTraceForAllRequestsOfAClient_TheyAreNotEachOthers()
    {
        var one = Of(Trace, null, 1);
        var other = Of(SameTraceOtherSpan, null, 2);

        Assert.False(one.HasCaused(other));
        Assert.False(other.HasCaused(one));
        Assert.False(one.HasCaused(one));
    }

    [Fact]
    public void HasCaused_ByItsMark_DirectlyAndThroughOthers()
    {
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var within = new Activity("within it").Start();
        var first = Of(Trace, "congo=t61rcWkgMzE", 1, within);
        var byFirst = within.TraceStateString;
        var second = Of(Trace, byFirst, 2, activity);
        var bySecond = activity.TraceStateString;
        var third = Of(Trace, bySecond, 3);

        Assert.Equal("pomegranate=ax1,congo=t61rcWkgMzE", byFirst);
        Assert.Equal("pomegranate=ax1-ax2,congo=t61rcWkgMzE", bySecond);
        Assert.True(first.HasCaused(second));
        Assert.True(first.HasCaused(third));
        Assert.True(second.HasCaused(third));
        Assert.False(third.HasCaused(first));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("pomegranate=")]
    [InlineData("pomegranate")]
    [InlineData(",,=,pomegranate=-")]
    [InlineData("00-zz")]
    public void Of_Anything_IsNoError(string? header)
    {
        Assert.False(Of(header, header, 1).HasCaused(Of(Trace, header, 2)));
        Assert.True(Of(Trace, header, 1).HasCaused(Of(Trace, RequestCause.Marked(header, "ax1"), 2)));
    }

    [Fact]
    public void Marked_TooLong_BeginsAnew()
    {
        var state = RequestCause.Marked(null, "first");
        for (var hop = 0; hop < 200; hop++)
        {
            state = RequestCause.Marked(state, $"ax{hop}");
            Assert.True(state.Length <= "pomegranate=".Length + 256);
        }

        Assert.EndsWith("ax199", state, StringComparison.Ordinal);
    }

    private static RequestCause Of(string? traceParent, string? traceState, ulong number, Activity? current = null) =>
        RequestCause.Of(traceParent, traceState, current, new(10, number));
}
