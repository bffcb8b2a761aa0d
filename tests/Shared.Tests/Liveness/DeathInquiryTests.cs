using System.Net.Sockets;
using Pomegranate.Liveness;

namespace Pomegranate.Shared.Tests.Liveness;

public sealed class DeathInquiryTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Late = DeathInquiry.Patience;

    private readonly DeathInquiry _inquiry = new();

    [Theory]
    [InlineData(ProbeOutcome.Refused, DeathEvidence.Refused)]
    [InlineData(ProbeOutcome.Other, DeathEvidence.Replaced)]
    internal void Hear_Conclusive_DeadAtOnce(ProbeOutcome outcome, DeathEvidence evidence)
    {
        Assert.Equal(DeathInquiry.Verdict.Dead, _inquiry.Hear(outcome, Soon));
        Assert.Equal(evidence, _inquiry.Evidence);
    }

    [Fact]
    public void Hear_SameIncarnation_Alive() => Assert.Equal(DeathInquiry.Verdict.Alive, _inquiry.Hear(ProbeOutcome.Same, Soon));

    [Theory]
    [InlineData(ProbeOutcome.TimedOut)]
    [InlineData(ProbeOutcome.HostUnreachable)]
    internal void Hear_SilenceForThePatience_Vanished(ProbeOutcome silence)
    {
        Assert.Equal(DeathInquiry.Verdict.AskAgain, _inquiry.Hear(silence, Late / 3));
        Assert.Equal(DeathInquiry.Verdict.Dead, _inquiry.Hear(silence, Late));
        Assert.Equal(DeathEvidence.Vanished, _inquiry.Evidence);
    }

    [Fact]
    public void Hear_OneSilenceHoweverLong_AsksAgain() =>
        Assert.Equal(DeathInquiry.Verdict.AskAgain, _inquiry.Hear(ProbeOutcome.TimedOut, Late * 100));

    [Fact]
    public void Hear_UnreachableManyTimesWithinThePatience_AsksAgain()
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(DeathInquiry.Verdict.AskAgain, _inquiry.Hear(ProbeOutcome.HostUnreachable, Soon * i));
        }
    }

    [Theory]
    [InlineData(ProbeOutcome.Mute)]
    [InlineData(ProbeOutcome.LocalFailure)]
    internal void Hear_SilenceAfterAnythingElse_ProvesNothingMore(ProbeOutcome other)
    {
        _inquiry.Hear(other, Soon);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(DeathInquiry.Verdict.AskAgain, _inquiry.Hear(ProbeOutcome.TimedOut, Late * i));
        }

        Assert.Equal(DeathInquiry.Verdict.Dead, _inquiry.Hear(ProbeOutcome.Refused, Late * 20));
    }

    [Fact]
    public void NextPause_GrowsToASecondAndNoFurther()
    {
        _inquiry.Hear(ProbeOutcome.Mute, Soon);
        Assert.Equal(TimeSpan.FromMilliseconds(5), _inquiry.NextPause);
        for (var i = 0; i < 100; i++)
        {
            _inquiry.Hear(ProbeOutcome.Mute, Soon);
        }

        Assert.Equal(TimeSpan.FromSeconds(1), _inquiry.NextPause);
    }

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets)]
    [InlineData(SocketError.NoBufferSpaceAvailable)]
    [InlineData(SocketError.NetworkUnreachable)]
    [InlineData(SocketError.NetworkDown)]
    [InlineData(SocketError.AddressNotAvailable)]
    [InlineData(SocketError.AccessDenied)]
    public void FromConnectError_OurOwnTrouble_IsALocalFailure(SocketError error) =>
        Assert.Equal(ProbeOutcome.LocalFailure, ProbeOutcomes.FromConnectError(error));
}
