using Akka.Actor;
using Akka.Cluster;
using Microsoft.Extensions.Time.Testing;
using Pomegranate.Partitions;

namespace Pomegranate.Shared.Tests.Partitions;

/// <summary>When a node may decide who goes on: <see cref="PartitionPicture"/>.</summary>
public sealed class PartitionPictureTests
{
    private static readonly DowningTimes Times = new(
        StableAfter: TimeSpan.FromSeconds(1.5), UnstableAfter: TimeSpan.FromSeconds(20), YoungFor: TimeSpan.FromSeconds(10), MorePatience: TimeSpan.FromSeconds(4));

    private readonly FakeTimeProvider _time = new();
    private readonly PartitionPicture _picture;

    public PartitionPictureTests()
    {
        _picture = new PartitionPicture(Times, _time);
        _picture.Look([Backend(1), Backend(2), Backend(3)], []);
        Pass(60);
    }

    [Fact]
    public void NothingChangesForAWhile_ItIsDue()
    {
        _picture.Look([Backend(1), Backend(2), Backend(3)], [Lost(1, 3)]);
        Pass(1);
        _picture.Look([Backend(1), Backend(2), Backend(3)], [Lost(1, 3), Lost(2, 3)]);
        Pass(1);
        Assert.False(_picture.IsDue);
        Pass(0.5);
        Assert.True(_picture.IsDue);
    }

    [Fact]
    public void AViewWithoutTheLostOne_IsNotWaitedForASecondTime()
    {
        _picture.Look([Backend(1), Backend(2), Backend(3)], [Lost(1, 3)]);
        Pass(1.5);
        _picture.Look([Backend(1), Backend(2), Backend(3, isInView: false)], [Lost(1, 3)]);
        Assert.True(_picture.IsDue);
        Assert.DoesNotContain(_picture.Members, m => m.IsBackend && m.Address.Equals(Address(3)));
    }

    [Fact]
    public void AnotherStandingOfAMember_IsAChange()
    {
        _picture.Look([Backend(1), Backend(2), Backend(3)], [Lost(1, 3)]);
        Pass(1.5);
        _picture.Look([Backend(1), Backend(2, MemberStatus.Leaving), Backend(3)], [Lost(1, 3)]);
        Assert.False(_picture.IsDue);
    }

    [Fact]
    public void OneThatHasJustBegunIsSilent_WaitsLonger()
    {
        _picture.Look([Backend(1), Backend(2), Backend(3), Backend(4)], []);
        Pass(5);
        _picture.Look([Backend(1), Backend(2), Backend(3), Backend(4)], [Lost(1, 4)]);
        Pass(5.4);
        Assert.False(_picture.IsDue);
        Pass(0.1);
        Assert.True(_picture.IsDue);
    }

    [Fact]
    public void ChangesAllTheTime_IsDecidedInTheEnd()
    {
        for (var seconds = 0; seconds < 22; seconds++)
        {
            Assert.False(_picture.IsDue && !_picture.IsWhole);
            _picture.Look([Backend(1), Backend(2), Backend(3)], [Lost(1, 2 + (seconds % 2))]);
            Pass(1);
        }

        Assert.True(_picture.IsDue);
    }

    private static UniqueAddress Address(int number) => new(new Address("akka.tcp", "test", "node", number), number);

    private static Voter Backend(int number, MemberStatus status = MemberStatus.Up, bool isInView = true) => new(Address(number), isInView, status, number);

    private static (UniqueAddress, UniqueAddress) Lost(int observer, int subject) => (Address(observer), Address(subject));

    private void Pass(double seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
