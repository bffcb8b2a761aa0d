using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Http;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

public sealed class OutcomesTests
{
    private readonly ClusterSessionOptions _options = new() { MaxOutcomes = 3, MaxOutcomeBytes = 1_000 };

    private static readonly IdempotencyKey Key = new(new Guid("00112233-4455-6677-8899-AABBCCDDEEFF"), Guid.Empty, null);

    private const string Golden =
        "01" + "AC02" + // revision 1, number 300
        "000000000000000F" + "07" + // request F-7
        "01" + "01" + // answered, keyed
        "10" + "33221100554477668899AABBCCDDEEFF" + "10" + "00000000000000000000000000000000" + "00" + // key, target, no body
        "000000000000000F" + "07" + "01" + "0162" + "00" + "00000000000000000000000000000000" + "00" + "00" + // the reply, as R1
        "01" + "C801" + "00" + "00" + "00" + "022A2A";

    [Fact]
    public void ToBytes_Golden_IsGoldenBytes() =>
        Assert.Equal(Golden, Convert.ToHexString((Outcome.Of(Reply(7, [42, 42]), Key) with { Number = 300 }).ToBytes()));

    [Fact]
    public void Read_GoldenBytes_IsTheOutcome()
    {
        var outcome = Outcome.Read(Convert.FromHexString(Golden))!;

        Assert.Equal((300ul, new RequestId(0xF, 7), true), (outcome.Number, outcome.Request, outcome.IsAnswered));
        Assert.Equal(Key, outcome.Key);
        Assert.Equal([42, 42], outcome.Reply.Response!.Body.ToArray());
    }

    [Fact]
    public void Read_UnknownRevision_IsAMiss() => Assert.Null(Outcome.Read(new byte[] { 2, 1, 2, 3 }));

    [Fact]
    public void Add_MoreThanTheSessionRemembers_OldestIsForgotten()
    {
        SessionEntry? entry = null;
        for (ulong number = 0; number < 5; number++)
        {
            entry = Add(entry, number, 10);
        }

        Assert.Equal([false, false, true, true, true], Enumerable.Range(0, 5).Select(n => Outcomes.Find(entry, new RequestId(0xF, (ulong)n)) is not null));
        Assert.Equal(3, entry!.Attributes.Length);
        Assert.Equal(5ul, Outcomes.Next(entry));
    }

    [Fact]
    public void Add_MoreBytesThanAreKept_OldestGiveUpTheirAnswersAndStillProveTheRun()
    {
        var entry = Add(Add(Add(null, 0, 400), 1, 400), 2, 400);

        var replies = Enumerable.Range(0, 3).Select(n => Outcomes.Find(entry, new RequestId(0xF, (ulong)n))!.Reply).ToList();
        Assert.Equal([409, 0, 0], replies.Select(r => r.Status));
        Assert.Equal(400, replies[1].Response!.Body.Length);
    }

    [Fact]
    public void Find_SessionWithoutOutcomes_Nothing() => Assert.Null(Outcomes.Find(
        SessionEntry.Live(new(1, 1, 1), default, 0, [new("outcome-0", new(1, 1, 1), [1])]), new RequestId(0xF, 0)));

    [Fact]
    public void Merge_RemovalWithAndWithoutItsOutcome_KeepsItInAnyOrder()
    {
        var version = new SessionVersion(1, 2, 1);
        var whole = SessionEntry.Removed(version, 9, Outcomes.Add(null, Outcome.Of(Reply(7, [1]), null), version, _options));
        var bare = SessionEntry.Removed(version, 9);

        Assert.NotNull(Outcomes.Find(whole.Merge(bare), new RequestId(0xF, 7)));
        Assert.NotNull(Outcomes.Find(bare.Merge(whole), new RequestId(0xF, 7)));
    }

    private SessionEntry Add(SessionEntry? entry, ulong number, int bytes)
    {
        var version = new SessionVersion(1, (uint)number + 1, 1);
        var outcome = Outcome.Of(Reply(number, new byte[bytes]), null) with { Number = number };
        var delta = SessionEntry.Live(version, default, 0, Outcomes.Add(entry, outcome, version, _options));
        return entry?.Merge(delta) ?? delta;
    }

    private static RequestReply Reply(ulong number, byte[] body) =>
        new(new RequestId(0xF, number), ReplyKind.Response, "b", new WebResponse { StatusCode = 200, Headers = [], Body = body });
}
