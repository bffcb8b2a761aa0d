using Pomegranate.Campaign.Histories;

namespace Pomegranate.Campaign.Checking;

/// <summary>
/// One session's history. Time orders two operations only where one ended before the other began; what overlaps may
/// have happened in either order. So each operation is held to what was known when it began (<see cref="Known"/>).
/// </summary>
internal sealed class SessionChecker
{
    private readonly string _session;
    private readonly TimeSpan _deadline;
    private readonly IReadOnlyList<Operation> _operations;
    private readonly Dictionary<long, Operation> _byNumber;

    /// <summary>All that were sent with one key; for any other operation, itself alone.</summary>
    private readonly ILookup<long, Operation> _attempts;

    /// <summary>The first answer to each key.</summary>
    private readonly Dictionary<long, Operation> _recorded = [];

    public SessionChecker(string session, IReadOnlyList<Operation> operations, TimeSpan deadline)
    {
        (_session, _operations, _deadline) = (session, operations, deadline);
        _byNumber = operations.ToDictionary(operation => operation.Number);
        _attempts = operations.ToLookup(operation => operation.Effect);
    }

    public Violation? FirstViolation()
    {
        // Beginnings before ends of the same moment: then the two overlap.
        var moments = _operations.Select(operation => (At: operation.Start, IsEnd: false, Operation: operation))
            .Concat(_operations.Select(operation => (At: operation.End, IsEnd: true, Operation: operation)))
            .OrderBy(moment => moment.At).ThenBy(moment => moment.IsEnd);
        var known = new Known([], [], []);
        var atStart = new Dictionary<long, Known>();
        Operation? end = null;
        foreach (var (_, isEnd, operation) in moments)
        {
            if (!isEnd)
            {
                // A repeat is given the answer of the first run, which may be older than all that was seen since.
                atStart[operation.Number] = operation.Key is { } first ? atStart.GetValueOrDefault(first, known) : known;
            }
            else if (end is not null && operation.Start > end.Start && IsOver(operation, end, out var revived))
            {
                if (revived is not null)
                {
                    return revived;
                }
            }
            else if (Judge(operation, atStart[operation.Number]) is { } violation)
            {
                return violation;
            }
            else if (operation.Kind == OperationKind.End)
            {
                end = operation;
            }
            else if (operation is { Outcome: Outcome.Done, Seen: { } seen })
            {
                known = known.With(operation, seen);
            }
        }

        return null;
    }

    private Violation? Judge(Operation operation, Known known)
    {
        var took = operation.End - operation.Start;
        if (took > _deadline.TotalMilliseconds)
        {
            return Found(ViolationKind.NoAnswer, operation, $"no answer within {_deadline.TotalSeconds:0} s ({took:0} ms): {operation.Note}");
        }

        if (operation.Outcome == Outcome.Unexpected)
        {
            return Found(ViolationKind.UnexpectedAnswer, operation, $"answered {operation.Status}: {operation.Note}");
        }

        return operation is { Outcome: Outcome.Done, Seen: { } seen }
            ? JudgeOwner(operation, seen) ?? JudgeLog(operation, seen.Log, known) ?? JudgeRegisters(operation, seen.Registers, known)
                ?? JudgeRepeat(operation, seen)
            : null;
    }

    /// <summary>Whether the session may be gone for this operation, which began after its end was asked for.</summary>
    private bool IsOver(Operation operation, Operation end, out Violation? revived)
    {
        revived = null;
        if (operation is not { Outcome: Outcome.Done, Seen: { } seen })
        {
            return false;
        }

        if (seen.Owner is null && seen.Log.Count == 0 && seen.Registers.Count == 0)
        {
            return true;
        }

        if (end.Outcome == Outcome.Done)
        {
            revived = Found(ViolationKind.CameBack, operation, $"{seen.Node} knows a session that operation {end.Number} has ended");
        }

        return revived is not null;
    }

    private Violation? JudgeRepeat(Operation operation, Observation seen)
    {
        if (operation.Key is not { } key || _recorded.TryAdd(key, operation))
        {
            return null;
        }

        var first = _recorded[key];
        return seen.IsSameAs(first.Seen!)
            ? null
            : Found(
                ViolationKind.OtherAnswer, operation,
                $"the key of {key} was answered {Join(seen.Log)} by {seen.Node}, and before that {Join(first.Seen!.Log)} by {first.Seen.Node}");
    }

    private Violation? JudgeOwner(Operation operation, Observation seen) =>
        seen.Owner == _session ? null
        : seen.Owner is null && HoldsMoreThan(operation.Effect, seen) ? Found(ViolationKind.LostWrite, operation, $"{seen.Node} has the session without its owner")
        : seen.Owner is null ? Found(ViolationKind.LostSession, operation, $"{seen.Node} knows nothing of the session")
        : Found(ViolationKind.MixedUp, operation, $"{seen.Node} answered with the session of {seen.Owner}");

    private Violation? JudgeLog(Operation operation, IReadOnlyList<long> log, Known known)
    {
        var seen = new HashSet<long>();
        foreach (var number in log)
        {
            if (!seen.Add(number))
            {
                return Found(ViolationKind.AppliedTwice, operation, $"operation {number} is in the log twice: {Join(log)}");
            }

            if (!_byNumber.TryGetValue(number, out var origin) || !origin.IsAppend || origin.Effect != number || WasNotYetOrNeverSent(origin, operation))
            {
                return Found(ViolationKind.MixedUp, operation, $"operation {number} is in the log and was not sent to this session: {Join(log)}");
            }
        }

        var lost = known.Appended.Where(number => !seen.Contains(number)).ToList();
        if (operation.IsAppend && !seen.Contains(operation.Effect))
        {
            lost.Add(operation.Effect);
        }

        if (lost.Count > 0)
        {
            return Found(ViolationKind.LostWrite, operation, $"acknowledged and gone: {Join(lost)}; the log is {Join(log)}, an earlier one was {Join(known.Log)}");
        }

        return known.Log.SequenceEqual(log.Take(known.Log.Count))
            ? null
            : Found(ViolationKind.WentBack, operation, $"the log is {Join(log)}, an earlier one was {Join(known.Log)}");
    }

    // A register has one writer, and that is sequential: what was written last has the highest number.
    private Violation? JudgeRegisters(Operation operation, IReadOnlyDictionary<string, long> registers, Known known)
    {
        foreach (var (name, number) in registers)
        {
            if (!_byNumber.TryGetValue(number, out var origin) || origin.Register != name || WasNotYetOrNeverSent(origin, operation))
            {
                return Found(ViolationKind.MixedUp, operation, $"register {name} holds {number}, which was not written to it");
            }
        }

        var expected = known.Registers.AsEnumerable();
        if (operation is { Kind: OperationKind.Write, Register: { } own })
        {
            expected = expected.Where(register => register.Key != own).Append(new(own, operation.Number));
        }

        foreach (var (name, atLeast) in expected)
        {
            var number = registers.GetValueOrDefault(name);
            if (number < atLeast)
            {
                var acknowledged = _byNumber[atLeast].Outcome == Outcome.Done;
                return Found(
                    acknowledged ? ViolationKind.LostWrite : ViolationKind.WentBack,
                    operation,
                    $"register {name} holds {(number == 0 ? "nothing" : number)}, after {atLeast} was {(acknowledged ? "acknowledged" : "seen")}") with { Register = number };
            }
        }

        return null;
    }

    // What the operation itself has written says nothing: a session that was lost begins anew with it.
    private static bool HoldsMoreThan(long number, Observation seen) =>
        seen.Log.Concat(seen.Registers.Values).Any(other => other != number);

    private bool WasNotYetOrNeverSent(Operation origin, Operation operation) =>
        _attempts[origin.Effect].All(attempt => attempt.Outcome == Outcome.NotSent || attempt.Start > operation.End);

    private Violation Found(ViolationKind kind, Operation operation, string text) =>
        new(kind, _session, operation.End, operation.Number, $"{operation.Kind} {operation.Number} of {_session} through {operation.Frontend}: {text}");

    private static string Join(IEnumerable<long> numbers) => $"[{string.Join(' ', numbers)}]";

    /// <summary>What every operation that begins from now on must see.</summary>
    /// <param name="Appended">Appends that were acknowledged.</param>
    /// <param name="Log">The longest log that was seen: each later one begins with it.</param>
    /// <param name="Registers">The highest number acknowledged for, or seen in, each register.</param>
    private sealed record Known(HashSet<long> Appended, IReadOnlyList<long> Log, Dictionary<string, long> Registers)
    {
        public Known With(Operation operation, Observation seen)
        {
            var registers = new Dictionary<string, long>(Registers);
            foreach (var (name, number) in seen.Registers)
            {
                registers[name] = Math.Max(number, registers.GetValueOrDefault(name));
            }

            return new Known(
                operation.IsAppend ? [.. Appended, operation.Effect] : Appended,
                seen.Log.Count > Log.Count ? seen.Log : Log,
                registers);
        }
    }
}
