using Pomegranate.Fuzz.Cases;
using Pomegranate.Fuzz.Targets;

namespace Pomegranate.Fuzz;

/// <summary>A short run of every target, the same cases each time; the long one is the program's.</summary>
public sealed class ShortRunTests
{
    private const int Cases = 5000;

    public static TheoryData<string> Names => [.. All.Select(target => target.Name)];

    private static FuzzTarget[] All => [.. WireTargets.All(), .. ClientTargets.All()];

    [Theory]
    [MemberData(nameof(Names))]
    public void BadInput_IsRefusedAsDocumented(string name)
    {
        var run = new FuzzRun(All.Single(target => target.Name == name), seed: 1);

        run.Run(Cases);

        // All refused would mean that nothing but the first check was reached.
        Assert.InRange(run.Accepted, 1, Cases - 1);
    }

    [Fact]
    public void Fault_IsFoundAndSaysItsCase()
    {
        var target = new FuzzTarget("faulty", ["abcdefgh"u8.ToArray()], bytes => bytes.Length < 8 ? throw new InvalidOperationException("boom") : true);

        var fault = Assert.Throws<FuzzException>(() => new FuzzRun(target, seed: 1).Run(Cases));

        Assert.Contains("faulty: case ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("boom", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MemoryOutOfProportion_IsFound()
    {
        var target = new FuzzTarget("greedy", ["abcdefgh"u8.ToArray()], bytes => new byte[bytes.Length * 10_000].Length > 0);

        var fault = Assert.Throws<FuzzException>(() => new FuzzRun(target, seed: 1).Run(Cases));

        Assert.Contains("bytes of memory", fault.Message, StringComparison.Ordinal);
    }
}
