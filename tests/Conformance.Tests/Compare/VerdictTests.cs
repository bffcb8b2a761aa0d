namespace Pomegranate.Conformance.Compare;

/// <summary>The judge itself: it must be able to find somebody guilty.</summary>
public sealed class VerdictTests
{
    private static readonly Explanation Colour = new("colour", "") { Kestrel = [("red", "blue")] };
    private static readonly Explanation Shape = new("shape", "") { Cluster = [("round", "square")] };
    private static readonly Explanation Elsewhere = new("elsewhere", "", "^other:") { Kestrel = [("red", "blue")] };

    [Fact]
    public void Of_EqualTexts_NeedsNothing() => Check(Verdict.Of("group: case", "red", "red", [Colour]), isExplained: true);

    [Fact]
    public void Of_DifferenceNobodyExplains_IsUnexplained() => Check(Verdict.Of("group: case", "red", "green", [Colour, Shape]), isExplained: false);

    [Fact]
    public void Of_DifferenceExplainedInPart_IsUnexplained()
        => Check(Verdict.Of("group: case", "red\nbig", "blue\nsmall", [Colour, Shape]), isExplained: false);

    [Fact]
    public void Of_DifferenceExplainedForOtherCases_IsUnexplained()
        => Check(Verdict.Of("group: case", "red", "blue", [Elsewhere]), isExplained: false);

    [Fact]
    public void Of_DifferenceOfOneExplanation_NeedsOnlyThat()
        => Check(Verdict.Of("group: case", "red", "blue", [Shape, Colour, Elsewhere]), isExplained: true, Colour);

    [Fact]
    public void Of_DifferenceOfTwoExplanations_NeedsBoth()
        => Check(Verdict.Of("group: case", "red\nsquare", "blue\nround", [Shape, Colour]), isExplained: true, Shape, Colour);

    [Theory]
    [InlineData("hand", "hand\nframe 88, 2 bytes: 1002 ", true)]
    [InlineData("hand\nframe 81, 1 bytes: 78", "hand\nframe 81, 1 bytes: 78\nframe 88, 2 bytes: 1007 ", true)]
    [InlineData("hand\nframe 81, 1 bytes: 78", "hand\nframe 88, 2 bytes: 1002 ", false)]
    [InlineData("hand\nframe 88, 2 bytes: 1002 ", "hand\nframe 88, 2 bytes: 1007 ", false)]
    [InlineData("hand", "hand\nframe 88, 2 bytes: 1001 ", false)]
    [InlineData("hand\nframe 88, 2 bytes: 1002 ", "hand", false)]
    public void LastWords_KestrelLostThem_AreRestoredOnlyFromAnAppsClose(string kestrel, string cluster, bool isAlike)
        => Assert.Equal(isAlike, LastWords.Restored($"{kestrel}\nend: ended", $"{cluster}\nend: ended") == $"{cluster}\nend: ended");

    private static void Check(Verdict verdict, bool isExplained, params Explanation[] needed)
    {
        Assert.Equal(isExplained, verdict.IsExplained);
        Assert.Equal(needed, verdict.Needed);
    }
}
