using Pomegranate.Campaign.Checking;
using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Tests;

/// <summary>Histories made by hand: one good, and for each promise one that breaks it.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public void Check_EverythingAsPromised_FindsNothing() => Assert.Empty(Check(
        Create(1),
        Append(2, 10, 20, [2]),
        Write(3, 30, 40, "a", [2], ("a", 3)),
        Read(4, 50, 60, [2], ("a", 3))));

    [Fact]
    public void Check_SessionIsUnknownLater_LostSession() => Finds(
        ViolationKind.LostSession, 2, Create(1), Read(2, 10, 20, []) with { Seen = Seen(null, []) });

    [Fact]
    public void Check_SessionWithoutItsOwner_LostWrite() => Finds(
        ViolationKind.LostWrite, 3, Create(1), Append(2, 10, 20, [2]), Read(3, 30, 40, [2]) with { Seen = Seen(null, [2]) });

    [Fact]
    public void Check_AnotherSessionsState_MixedUp() => Finds(
        ViolationKind.MixedUp, 2, Create(1), Read(2, 10, 20, []) with { Seen = Seen("other", []) });

    [Fact]
    public void Check_AcknowledgedAppendIsMissing_LostWrite() => Finds(
        ViolationKind.LostWrite, 3, Create(1), Append(2, 10, 20, [2]), Read(3, 30, 40, []));

    [Fact]
    public void Check_AppendIsMissingFromItsOwnAnswer_LostWrite() => Finds(
        ViolationKind.LostWrite, 2, Create(1), Append(2, 10, 20, []));

    [Fact]
    public void Check_ReadOverlapsTheAppend_MayMissIt() => Assert.Empty(Check(
        Create(1), Append(2, 10, 30, [2]), Read(3, 20, 40, [])));

    [Fact]
    public void Check_SeenAppendOfUnknownOutcomeIsGoneLater_WentBack() => Finds(
        ViolationKind.WentBack, 4, Create(1), Maybe(Append(2, 10, 20, [])), Read(3, 30, 40, [2]), Read(4, 50, 60, []));

    [Fact]
    public void Check_AppendOfUnknownOutcomeComesLate_FindsNothing() => Assert.Empty(Check(
        Create(1), Maybe(Append(2, 10, 20, [])), Append(3, 30, 40, [3]), Read(4, 50, 60, [3, 2])));

    [Fact]
    public void Check_AppendOfUnknownOutcomeComesBeforeWhatWasSeen_WentBack() => Finds(
        ViolationKind.WentBack, 4, Create(1), Maybe(Append(2, 10, 20, [])), Append(3, 30, 40, [3]), Read(4, 50, 60, [2, 3]));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Check_AppendIsThereTwice_AppliedTwice(bool acknowledged) => Finds(
        ViolationKind.AppliedTwice, 3, Create(1), Append(2, 10, 20, [2]) with { Outcome = acknowledged ? Outcome.Done : Outcome.Maybe }, Read(3, 30, 40, [2, 2]));

    [Fact]
    public void Check_AppendOfAnotherSession_MixedUp() => Finds(
        ViolationKind.MixedUp, 3,
        Create(1), Append(2, 10, 20, [2]) with { Session = "other", Seen = Seen("other", [2]) }, Read(3, 30, 40, [2]));

    [Fact]
    public void Check_AppendThatWasNeverSent_MixedUp() => Finds(
        ViolationKind.MixedUp, 3, Create(1), Append(2, 10, 20, []) with { Outcome = Outcome.NotSent, Seen = null }, Read(3, 30, 40, [2]));

    [Fact]
    public void Check_AppendThatBeginsLater_MixedUp() => Finds(
        ViolationKind.MixedUp, 2, Create(1), Read(2, 10, 20, [3]), Append(3, 30, 40, [3]));

    [Fact]
    public void Check_AcknowledgedRegisterIsOlder_LostWrite() => Finds(
        ViolationKind.LostWrite, 4,
        Create(1), Write(2, 10, 20, "a", [], ("a", 2)), Write(3, 30, 40, "a", [], ("a", 3)), Read(4, 50, 60, [], ("a", 2)));

    [Fact]
    public void Check_AcknowledgedRegisterIsGone_LostWrite() => Finds(
        ViolationKind.LostWrite, 3, Create(1), Write(2, 10, 20, "a", [], ("a", 2)), Read(3, 50, 60, []));

    [Fact]
    public void Check_SeenRegisterOfUnknownOutcomeIsGone_WentBack() => Finds(
        ViolationKind.WentBack, 4,
        Create(1), Maybe(Write(2, 10, 20, "a", [])), Read(3, 30, 40, [], ("a", 2)), Read(4, 50, 60, []));

    [Fact]
    public void Check_RegisterHoldsWhatWasWrittenToAnother_MixedUp() => Finds(
        ViolationKind.MixedUp, 3, Create(1), Write(2, 10, 20, "a", [], ("a", 2)), Read(3, 30, 40, [], ("a", 2), ("b", 2)));

    [Fact]
    public void Check_RepeatGetsTheRecordedAnswer_FindsNothing() => Assert.Empty(Check(
        Create(1), Keyed(2, 2, 10, 20, [2]), Append(3, 30, 40, [2, 3]), Keyed(4, 2, 50, 60, [2]), Read(5, 70, 80, [2, 3])));

    [Fact]
    public void Check_RepeatGetsAnotherAnswer_OtherAnswer() => Finds(
        ViolationKind.OtherAnswer, 4,
        Create(1), Keyed(2, 2, 10, 20, [2]), Append(3, 30, 40, [2, 3]), Keyed(4, 2, 50, 60, [2, 3]));

    [Fact]
    public void Check_RepeatRanAgain_AppliedTwice() => Finds(
        ViolationKind.AppliedTwice, 3, Create(1), Maybe(Keyed(2, 2, 10, 20, [])), Keyed(3, 2, 30, 40, [2, 2]));

    [Fact]
    public void Check_RepeatAfterUnknownOutcome_ItsAnswerIsAcknowledged() => Finds(
        ViolationKind.LostWrite, 4, Create(1), Maybe(Keyed(2, 2, 10, 20, [])), Keyed(3, 2, 30, 40, [2]), Read(4, 50, 60, []));

    [Fact]
    public void Check_FirstOfAKeyWasNotSentItsRepeatWas_FindsNothing() => Assert.Empty(Check(
        Create(1), Keyed(2, 2, 10, 20, []) with { Outcome = Outcome.NotSent, Seen = null }, Keyed(3, 2, 30, 40, [2])));

    [Fact]
    public void Check_EndedSessionIsUnknown_FindsNothing() => Assert.Empty(Check(
        Create(1), Append(2, 10, 20, [2]), End(3, 30, 40, [2]), Read(4, 50, 60, []) with { Seen = Seen(null, []) }));

    [Fact]
    public void Check_EndedSessionIsThere_CameBack() => Finds(
        ViolationKind.CameBack, 4, Create(1), Append(2, 10, 20, [2]), End(3, 30, 40, [2]), Read(4, 50, 60, [2]));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Check_EndOfUnknownOutcome_MayBeThereOrNot(bool isThere) => Assert.Empty(Check(
        Create(1), Append(2, 10, 20, [2]), Maybe(End(3, 30, 40, [2])), Read(4, 50, 60, [2]) with { Seen = isThere ? Seen("own", [2]) : Seen(null, []) }));

    [Fact]
    public void Check_EndOfUnknownOutcomeHalfTheSessionIsThere_LostWrite() => Finds(
        ViolationKind.LostWrite, 4, Create(1), Append(2, 10, 20, [2]), Maybe(End(3, 30, 40, [2])), Read(4, 50, 60, []));

    [Fact]
    public void Check_AnswerAfterTheDeadline_NoAnswer() => Finds(
        ViolationKind.NoAnswer, 2, Create(1), Read(2, 10, 30_011, []));

    [Fact]
    public void Check_NoAnswerByTheDeadline_NoAnswer() => Finds(
        ViolationKind.NoAnswer, 2, Create(1), Maybe(Read(2, 10, 35_000, [])));

    [Fact]
    public void Check_Status500_UnexpectedAnswer() => Finds(
        ViolationKind.UnexpectedAnswer, 2, Create(1), Read(2, 10, 20, []) with { Status = 500, Outcome = Outcome.Unexpected, Seen = null });

    [Fact]
    public void Check_TwoSessionsBroken_FindsTheFirstOfEach()
    {
        var found = Check(
            Create(1), Append(2, 10, 20, [2]), Read(3, 30, 40, []), Read(4, 50, 60, []),
            Read(5, 5, 6, []) with { Session = "other", Seen = Seen(null, []) });
        Assert.Equal([5, 3], found.Select(violation => violation.Operation));
    }

    [Fact]
    public void History_WrittenAndLoaded_IsTheSame()
    {
        var path = Path.GetTempFileName();
        try
        {
            using (var history = new History(path))
            {
                history.Add(Write(3, 30, 40, "a", [2], ("a", 3)));
                history.Add(new FaultMark(35, 1, "kill backend1"));
                history.Add(Maybe(Append(4, 50, 60, [])) with { Note = "no answer" });
            }

            var loaded = History.Load(path);
            Assert.Equal([new FaultMark(35, 1, "kill backend1")], loaded.Faults);
            Assert.Equal(["a", null], loaded.Operations.Select(operation => operation.Register));
            Assert.Equal([Outcome.Done, Outcome.Maybe], loaded.Operations.Select(operation => operation.Outcome));
            Assert.Equal([2L], loaded.Operations[0].Seen!.Log);
            Assert.Equal(3, loaded.Operations[0].Seen!.Registers["a"]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static IReadOnlyList<Violation> Check(params Operation[] operations) => HistoryChecker.Check(operations, Deadline);

    private static void Finds(ViolationKind kind, long operation, params Operation[] operations)
    {
        var violation = Assert.Single(Check(operations));
        Assert.Equal((kind, operation), (violation.Kind, violation.Operation));
    }

    private static Operation Create(long number) => Make(number, OperationKind.Create, null, 0, 5, []);

    private static Operation Append(long number, double start, double end, long[] log) => Make(number, OperationKind.AppendPost, null, start, end, log);

    private static Operation Keyed(long number, long key, double start, double end, long[] log) =>
        Make(number, OperationKind.AppendKeyed, null, start, end, log) with { Key = key };

    private static Operation End(long number, double start, double end, long[] log) => Make(number, OperationKind.End, null, start, end, log);

    private static Operation Read(long number, double start, double end, long[] log, params (string, long)[] registers) =>
        Make(number, OperationKind.Read, null, start, end, log, registers);

    private static Operation Write(long number, double start, double end, string register, long[] log, params (string, long)[] registers) =>
        Make(number, OperationKind.Write, register, start, end, log, registers);

    private static Operation Maybe(Operation operation) => operation with { Outcome = Outcome.Maybe, Status = 503, Seen = null };

    private static Operation Make(
        long number, OperationKind kind, string? register, double start, double end, long[] log, params (string Name, long Number)[] registers) =>
        new(number, "own", 0, kind, register, start, end, "frontend1", 200, Outcome.Done, Seen("own", log, registers));

    private static Observation Seen(string? owner, long[] log, params (string Name, long Number)[] registers) =>
        new(owner, log, registers.ToDictionary(register => register.Name, register => register.Number), "backend1");
}
