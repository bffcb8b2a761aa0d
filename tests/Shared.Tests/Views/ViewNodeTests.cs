using Pomegranate.Views;

namespace Pomegranate.Shared.Tests.Views;

public sealed class ViewNodeTests
{
    private static readonly string[] Compose = ["lighthouse", "backend1", "backend2", "backend3", "frontend1", "frontend2"];

    [Fact]
    public void TheOldestBackendFounds_TheOthersAreLetIn()
    {
        var lab = Whole();

        Assert.All(lab.Alive, node => Assert.Equal(["backend1", "backend2", "backend3"], lab.ViewOf(node.Name)));
        Assert.Equal(["backend1", "backend2", "backend3"], lab.Serving);
    }

    [Fact]
    public void AFewerThanTheMinimum_FoundNothing()
    {
        var lab = new ViewLab(2, "lighthouse", "backend1");
        lab.Pass(3);
        Assert.Null(lab["backend1"].View.Current);

        lab.Join("backend2");
        lab.Pass(3);
        Assert.Equal(["backend1", "backend2"], lab.Serving);
    }

    [Fact]
    public void ADeathIsProven_TheOthersGoOnAtOnce_WithoutTheDead()
    {
        var lab = Whole();

        lab.Kill("backend1");

        Assert.Equal(["backend2", "backend3"], lab.ViewOf("backend2"));
        Assert.Equal(["backend2", "backend3"], lab.Serving);
    }

    [Fact]
    public void OneOfTwoIsKilled_TheOtherGoesOnAtOnce_WithoutAskingAnybody()
    {
        var lab = Whole("lighthouse", "backend1", "backend2", "frontend1");
        lab.Cut(["backend2"], ["lighthouse", "frontend1"]);

        lab.Kill("backend1");

        Assert.Equal(["backend2"], lab.ViewOf("backend2"));
        Assert.Equal(["backend2"], lab.Serving);
    }

    [Fact]
    public void TwoOfThreeAreKilledAtOnce_TheThirdGoesOn()
    {
        var lab = Whole();
        lab.Kill("backend1");
        lab.Kill("backend2");
        lab.Pass(1);

        Assert.Equal(["backend3"], lab.ViewOf("backend3"));
        Assert.Equal(["backend3"], lab.Serving);
    }

    /// <summary>Issue 18: the side of one had downed one of the two others, which believed it, and then the second.</summary>
    [Fact]
    public void OneOfThree_NeverGoesOnAlone_HoweverTheOthersAreSuspected()
    {
        var lab = Whole();
        string[] minority = ["lighthouse", "backend1", "frontend1"];
        string[] majority = ["backend2", "backend3", "frontend2"];
        lab.Cut(minority, majority);

        lab.GoOnWithout(minority, "backend2");
        lab.Pass(4);
        Assert.Equal(["backend1", "backend2", "backend3"], lab.ViewOf("backend1"));
        lab.GoOnWithout(minority, majority);
        lab.Pass(4);
        Assert.Equal(["backend1", "backend2", "backend3"], lab.ViewOf("backend1"));

        lab.GoOnWithout(majority, minority);
        lab.Pass(4);
        Assert.Equal(["backend2", "backend3"], lab.ViewOf("backend2"));
        Assert.Equal(["backend2", "backend3"], lab.Serving);
    }

    [Fact]
    public void ASideThatCouldNotGoOn_GoesOnWhenTheNetworkIsWhole()
    {
        var lab = Whole();
        lab.Cut(["backend1"], ["backend2", "backend3", "lighthouse", "frontend1", "frontend2"]);
        lab.Cut(["backend2"], ["backend3", "lighthouse", "frontend1", "frontend2"]);
        lab.GoOnWithout(["backend1"], "backend2", "backend3");
        lab.Pass(5);
        Assert.Empty(lab.Serving);

        lab.Heal();
        lab.Pass(3);
        Assert.Equal(["backend1", "backend2", "backend3"], lab.ViewOf("lighthouse"));
        Assert.Equal(["backend1", "backend2", "backend3"], lab.Serving);
    }

    [Fact]
    public void TwoHalves_TheVotesDecide_AndOnlyOneSideGoesOn()
    {
        var lab = Whole("lighthouse", "backend1", "backend2", "frontend1", "frontend2");
        lab.Cut(["backend1", "frontend1"], ["backend2", "lighthouse", "frontend2"]);
        lab.GoOnWithout(["backend1", "frontend1"], "backend2", "lighthouse", "frontend2");
        lab.GoOnWithout(["backend2", "lighthouse", "frontend2"], "backend1", "frontend1");
        lab.Pass(5);

        Assert.Equal(["backend1", "backend2"], lab.ViewOf("backend1"));
        Assert.Equal(["backend2"], lab.ViewOf("backend2"));
        Assert.Equal(["backend2"], lab.Serving);
    }

    [Fact]
    public void TheNextView_GrantsNoLease_BeforeThoseLeftOutHaveLostTheirs()
    {
        var lab = Whole();
        var lostAt = lab["backend1"].LeaseUntil;
        lab.Cut(["backend1"], ["backend2", "backend3", "lighthouse", "frontend1", "frontend2"]);
        lab.GoOnWithout(["backend2", "backend3"], "backend1");
        while (!lab.Serving.Contains("backend2") || lab.ViewOf("backend2").Length == 3)
        {
            Assert.True(lab.Now < lostAt + TimeSpan.FromSeconds(10), "backend2 never served in the next view");
            lab.Pass(0.05);
        }

        Assert.True(lab.Now >= lostAt, $"backend2 served at {lab.Now}, backend1 until {lostAt}");
        Assert.DoesNotContain("backend1", lab.Serving);
    }

    [Fact]
    public void OneThatLeaves_IsGoneOnWithout_OneAtATime()
    {
        var lab = Whole();
        lab.CatchesUp = false;

        lab["backend1"].View.Leave(lab.Now);
        lab["backend2"].View.Leave(lab.Now);
        lab.Pass(1);

        // What two of three have acknowledged the third may not have: it alone is no next view before it has caught up.
        Assert.True(lab.ViewOf("backend3").Length > 1);
    }

    [Fact]
    public void OneThatLeaves_HasGivenItsLeaseUp_SoNobodyWaits()
    {
        var lab = Whole();

        lab["backend1"].View.Leave(lab.Now);
        lab.Pass(0.3);

        Assert.Equal(["backend2", "backend3"], lab.ViewOf("backend1"));
        Assert.Equal(["backend2", "backend3"], lab.Serving);
    }

    [Fact]
    public void OneThatLeaves_HasNotToldEverybodyYet_StillNobodyWaits()
    {
        var lab = Whole();
        lab.Lose("backend1", "backend3");

        lab["backend1"].View.Leave(lab.Now);
        lab.Pass(0.3);

        Assert.Equal(["backend2", "backend3"], lab.Serving);
    }

    [Fact]
    public void AllBackendsAreKilled_ANewOneFounds()
    {
        var lab = Whole();
        lab.Kill("backend1");
        lab.Kill("backend2");
        lab.Kill("backend3");
        lab.Join("backend4");
        lab.Pass(3);

        Assert.All(lab.Alive, node => Assert.Equal(["backend4"], lab.ViewOf(node.Name)));
    }

    [Fact]
    public void AJoinedBackendThatHasCaughtUp_SettlesTheView()
    {
        var lab = new ViewLab(Compose) { CatchesUp = false };
        lab.Pass(5);
        lab["backend1"].View.CatchUp(lab["backend1"].View.Current!.Number, lab.Now);
        var view = lab["backend3"].View.Current!;
        Assert.DoesNotContain(lab["backend3"].Settled, s => s.Number == view.Number);

        lab["backend3"].View.CatchUp(view.Number, lab.Now);
        lab.Pass(0.5);

        Assert.Contains(lab["backend1"].Settled, s => s.Number == view.Number);
    }

    [Fact]
    public void MostBackendsAreLost_AndProvenDeadOnlyLater_ThoseLeftGoOnTogether()
    {
        string[] all = ["lighthouse", "backend1", "backend2", "backend3", "backend4", "backend5", "frontend1"];
        string[] lost = ["backend1", "backend2", "backend3"];
        var lab = Whole(all);
        lab.Cut(lost, [.. all.Except(lost)]);
        lab.Pass(10);
        Assert.DoesNotContain("backend4", lab.Serving);

        Array.ForEach(lost, lab.Kill);
        lab.Pass(3);

        Assert.Equal(["backend4", "backend5"], lab.ViewOf("backend4"));
        Assert.Equal(["backend4", "backend5"], lab.Serving);
    }

    [Fact]
    public void MostBackendsAreLost_AWitnessIsNotHeard_ThoseLeftDoNotGoOn()
    {
        string[] all = ["lighthouse", "backend1", "backend2", "backend3", "backend4", "backend5", "frontend1"];
        string[] lost = ["backend1", "backend2", "backend3"];
        var lab = Whole(all);
        lab.Cut([.. lost, "frontend1"], [.. all.Except(lost).Except(["frontend1"])]);
        lab.Pass(10);

        Array.ForEach(lost, lab.Kill);
        lab.Pass(3);

        // Those that are dead may have gone on without them, and frontend1 may know of it.
        Assert.Equal(5, lab.ViewOf("backend4").Length);
        Assert.Empty(lab.Serving);
    }

    [Fact]
    public void OneIsToldToStop_AndTheOthersHaveJustDied_ItWaitsForThemAWhile()
    {
        var lab = Whole();
        lab.Kill("backend1");
        lab.Kill("backend2");
        lab.Pass(1);

        lab["backend3"].View.Leave(lab.Now);

        Assert.Equal(["backend3"], lab.ViewOf("backend3"));
        Assert.False(lab["backend3"].View.MayLeave(lab.Now));
        Assert.True(lab["backend3"].View.MayLeave(lab.Now + ViewSettings.ReturnWithin));
    }

    [Fact]
    public void AllAreToldToStop_TheLastNeedNotWait()
    {
        var lab = Whole();
        foreach (var name in new[] { "backend1", "backend2" })
        {
            lab[name].View.Leave(lab.Now);
            lab.Pass(1);
            Assert.True(lab[name].View.MayLeave(lab.Now), name);
            lab.Kill(name);
        }

        lab["backend3"].View.Leave(lab.Now);

        Assert.True(lab["backend3"].View.MayLeave(lab.Now));
    }

    private static ViewLab Whole(params string[] names)
    {
        var lab = new ViewLab(names.Length > 0 ? names : Compose);
        lab.Pass(5);
        return lab;
    }
}
