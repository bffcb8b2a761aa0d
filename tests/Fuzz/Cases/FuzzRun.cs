using System.Diagnostics;

namespace Pomegranate.Fuzz.Cases;

/// <summary>So many cases of one target, each held to the rules: a documented answer, little memory, little time.</summary>
internal sealed class FuzzRun(FuzzTarget target, ulong seed)
{
    /// <summary>A header of 2 bytes becomes 16; an exception with its text and its stack takes a few KB by itself.</summary>
    private const int BytesPerByte = 64, FixedBytes = 32 * 1024;

    /// <summary>Generous: the machine may be busy, and a collection may fall into a case.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Twice this without a case's end is a hang.</summary>
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(30);

    private readonly Dice _dice = new();
    private long _done;

    /// <summary>Of the cases so far: how many were good bytes.</summary>
    public long Accepted { get; private set; }

    public void Run(long cases)
    {
        if (target.Seeds.FirstOrDefault(bytes => !target.Read(bytes)) is { } bad)
        {
            throw new FuzzException($"{target.Name}: its own good input is refused: {Convert.ToHexString(bad)}");
        }

        var seen = -1L;
        using var watch = new Timer(_ =>
        {
            var done = Volatile.Read(ref _done);
            if (done == seen)
            {
                Environment.FailFast($"{target.Name}: case {done} of seed {seed} hangs.");
            }

            seen = done;
        }, null, Watch, Watch);
        var mutator = new Mutator(_dice);
        for (var number = 0L; number < cases; number++)
        {
            _dice.Throw(seed, (ulong)number);
            RunCase(number, mutator.Make(target.Seeds).ToArray());
            Volatile.Write(ref _done, number + 1);
        }
    }

    private void RunCase(long number, byte[] bytes)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var began = Stopwatch.GetTimestamp();
        try
        {
            Accepted += target.Read(bytes) ? 1 : 0;
        }
        catch (Exception exception) when (target.IsRefusal(exception))
        {
        }
        catch (Exception exception)
        {
            throw new FuzzException($"{Case()}: {exception.Message}", exception);
        }

        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        if (allocated > FixedBytes + (BytesPerByte * bytes.Length))
        {
            throw new FuzzException($"{Case()}: {bytes.Length} bytes took {allocated} bytes of memory.");
        }

        if (Stopwatch.GetElapsedTime(began) is var took && took > Longest)
        {
            throw new FuzzException($"{Case()}: {bytes.Length} bytes took {took.TotalSeconds:0.0} s.");
        }

        string Case() => $"{target.Name}: case {number} of seed {seed}, bytes {Convert.ToHexString(bytes)}";
    }
}
