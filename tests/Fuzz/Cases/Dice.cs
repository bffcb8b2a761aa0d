namespace Pomegranate.Fuzz.Cases;

/// <summary>
/// The random numbers of one case: they follow from the seed and the case's number alone, so a case can be made again
/// without those before it. xorshift64*, because a <see cref="Random"/> per case would cost more than most cases.
/// </summary>
internal sealed class Dice
{
    private ulong _state;

    public void Throw(ulong seed, ulong number)
    {
        // splitmix64: neighbouring numbers have nothing in common.
        var mixed = seed + (number * 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        _state = (mixed ^ (mixed >> 31)) | 1;
    }

    public ulong Next()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545F4914F6CDD1D;
    }

    /// <summary>From 0 to below the bound.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    public T Of<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];
}
