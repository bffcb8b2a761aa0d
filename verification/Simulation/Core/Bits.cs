using System.Numerics;

namespace Pomegranate.Simulation.Core;

/// <summary>Sets of processes as bits of a word.</summary>
internal static class Bits
{
    public static ulong Of(int index) => 1UL << index;

    public static bool Has(this ulong set, int index) => (set & (1UL << index)) != 0;

    public static int Count(this ulong set) => BitOperations.PopCount(set);

    public static int First(this ulong set) => BitOperations.TrailingZeroCount(set);

    public static Each All(this ulong set) => new(set);

    /// <summary>Enumerates a set, lowest first, without an allocation.</summary>
    internal struct Each(ulong set)
    {
        private ulong _rest = set;

        public int Current { get; private set; }

        public readonly Each GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest == 0)
            {
                return false;
            }

            Current = BitOperations.TrailingZeroCount(_rest);
            _rest &= _rest - 1;
            return true;
        }
    }
}
