using System.Runtime.CompilerServices;
using Akka.Actor;
using Pomegranate.Backend.Sessions;
using Pomegranate.Gateway;
using Pomegranate.Http;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

public sealed class RequestLedgerTests
{
    private const int Remembered = 256;

    private readonly List<string> _told = [];
    private RequestLedger _ledger = new(new KeptAnswers(TimeProvider.System));

    [Fact]
    public void Begin_NewId_RunsAndIsInFlight()
    {
        Assert.Null(_ledger.Begin(Id(1), Frontend("a")));

        Assert.False(_ledger.Find(Id(1))!.IsAnswered);
        Assert.Null(_ledger.Find(Id(2)));
    }

    [Fact]
    public void Begin_InFlight_DoesNotRunAgain()
    {
        _ledger.Begin(Id(1), Frontend("a"));

        var known = _ledger.Begin(Id(1), Frontend("b"));

        Assert.False(known!.IsAnswered);
    }

    [Fact]
    public void Begin_SameNumberOfAnotherFrontend_IsAnotherRequest()
    {
        _ledger.Begin(new RequestId(1, 5), Frontend("a"));

        Assert.Null(_ledger.Begin(new RequestId(2, 5), Frontend("b")));
    }

    [Fact]
    public void End_AskedTwice_TellsEachAskerOnce()
    {
        _ledger.Begin(Id(1), Frontend("a"));
        foreach (var asker in (string[])["b", "a", "b"])
        {
            _ledger.Find(Id(1))!.Add(Frontend(asker));
        }

        _ledger.End(Reply(1)).Tell(Reply(1));

        Assert.Equal(["a", "b"], _told.Order());
    }

    [Fact]
    public void End_Twice_TheFirstAnswerStands()
    {
        _ledger.Begin(Id(1), Frontend("a"));
        _ledger.End(Reply(1, bytes: 1));

        Assert.Null(_ledger.End(Reply(1, bytes: 2)).First);
        Assert.Equal(1, AnswerOf(1).Response!.Body.Length);
    }

    [Fact]
    public void End_UnknownId_TellsNobody() => Assert.Null(_ledger.End(Reply(1)).First);

    [Fact]
    public void Begin_RetriedCopiesAmongNewerRequests_NoneRunsTwice()
    {
        // Copies of each request arrive after up to 255 newer ones, as from a buffer during a failover.
        var ran = new HashSet<RequestId>();
        foreach (var newest in Enumerable.Range(1, 2000))
        {
            foreach (var number in (int[])[newest, Math.Max(1, newest - 1), Math.Max(1, newest - 7), Math.Max(1, newest - Remembered + 1)])
            {
                if (_ledger.Begin(Id(number), Frontend("a")) is null)
                {
                    Assert.True(ran.Add(Id(number)), $"Request {number} ran again after {newest - number} newer ones.");
                    _ledger.End(Reply(number));
                }
            }
        }

        Assert.Equal(2000, ran.Count);
    }

    [Fact]
    public void Begin_InFlightWhileManyOthersEnd_IsNeverForgotten()
    {
        _ledger.Begin(Id(1), Frontend("a"));
        Answer(Enumerable.Range(2, 4 * Remembered));

        Assert.NotNull(_ledger.Begin(Id(1), Frontend("a")));
    }

    [Fact]
    public void Find_AnswersTooLargeToKeep_IdIsRememberedAndRefused()
    {
        Answer(Enumerable.Range(1, 10), bytes: KeptAnswers.MostBytes / 4);

        AssertNoLongerKept(1);
        AssertNoLongerKept(6);
        Assert.Equal(KeptAnswers.MostBytes / 4, AnswerOf(7).Response!.Body.Length);
    }

    [Fact]
    public void Find_SoManyAnswersOfOtherSessionsToTheSameFrontend_IdIsRememberedAndRefused()
    {
        var kept = new KeptAnswers(TimeProvider.System);
        var ledgers = Enumerable.Range(0, KeptAnswers.MostAnswers).Select(_ => new RequestLedger(kept)).ToArray();
        _ledger = new RequestLedger(kept);
        Answer([1, 2]);
        Answer(ledgers[0], new RequestId(9, 1));
        foreach (var (number, ledger) in ledgers.Index().Skip(1))
        {
            Answer(ledger, new RequestId(1, (ulong)number + 100));
        }

        AssertNoLongerKept(1);
        Assert.Equal(ReplyKind.Response, AnswerOf(2).Kind);
        Assert.Equal(ReplyKind.Response, ledgers[0].Find(new RequestId(9, 1))!.ReplyTo(new RequestId(9, 1), "home").Kind);
    }

    [Fact]
    public void Close_NothingOfTheAnswersIsHeld()
    {
        var answer = AnswerAndForgetReference(1);

        _ledger.Close();

        GC.Collect();
        Assert.False(answer.IsAlive, "An answer of a home that has stopped is still held.");
    }

    [Fact]
    public void End_AnswersWithoutBodies_AreForgottenWithTheirIds()
    {
        // A session that is polled with 304 for weeks must not keep every answer.
        var first = AnswerAndForgetReference(1);
        Answer(Enumerable.Range(2, 2 * Remembered));

        GC.Collect();
        Assert.Null(_ledger.Find(Id(1)));
        Assert.False(first.IsAlive, "An answer whose id is forgotten is still held.");
    }

    [Fact]
    public void End_DisposesTheCancellation()
    {
        _ledger.Begin(Id(1), Frontend("a"));
        var cancellation = _ledger.Find(Id(1))!.Cancellation = new CancellationTokenSource();

        _ledger.End(Reply(1));

        Assert.Throws<ObjectDisposedException>(() => cancellation.Token);
        Assert.Null(_ledger.Find(Id(1))!.Cancellation);
    }

    private RequestReply AnswerOf(int number) => _ledger.Find(Id(number))!.ReplyTo(Id(number), "home");

    private void AssertNoLongerKept(int number)
    {
        var answer = AnswerOf(number);
        Assert.Equal((ReplyKind.Refused, 503, Id(number)), (answer.Kind, answer.Status, answer.RequestId));
        Assert.Null(answer.Response);
    }

    private void Answer(RequestLedger ledger, RequestId id)
    {
        ledger.Begin(id, Frontend("a"));
        ledger.End(Reply(0) with { RequestId = id });
    }

    private void Answer(IEnumerable<int> numbers, int bytes = 0)
    {
        foreach (var number in numbers)
        {
            _ledger.Begin(Id(number), Frontend("a"));
            _ledger.End(Reply(number, bytes));
        }
    }

    /// <summary>A method of its own, so that no local variable keeps the answer alive.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference AnswerAndForgetReference(int number)
    {
        _ledger.Begin(Id(number), Frontend("a"));
        var reply = Reply(number);
        _ledger.End(reply);
        return new WeakReference(reply);
    }

    private static RequestId Id(int number) => new(1, (ulong)number);

    private static RequestReply Reply(int number, int bytes = 0) => new(
        Id(number), ReplyKind.Response, "home", new WebResponse { StatusCode = 200, Headers = [], Body = new byte[bytes] });

    private NamedRef Frontend(string name) => new(name, _told);

    /// <summary>An asker, known by its path.</summary>
    private sealed class NamedRef(string name, List<string> told) : MinimalActorRef
    {
        public override ActorPath Path { get; } = new RootActorPath(Address.AllSystems) / "user" / name;

        public override IActorRefProvider Provider => throw new NotSupportedException();

        protected override void TellInternal(object message, IActorRef sender) => told.Add(name);
    }
}
