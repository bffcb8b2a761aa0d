namespace Pomegranate.Fuzz.Cases;

/// <summary>
/// Makes bad input of good: bits flipped, cut short, pieces of another message put in, lengths inflated, numbers at their
/// ends; and now and then bytes of no message at all.
/// </summary>
internal sealed class Mutator(Dice dice)
{
    private const int Longest = 4096;

    private static readonly byte[][] s_extremes =
    [
        [0], [1], [0x7F], [0x80], [0xFF],
        [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0x80, 0, 0, 0, 0, 0, 0, 0],
        [0xC3, 0x28], [0xED, 0xA0, 0x80], "%00"u8.ToArray(), "%zz"u8.ToArray(), "\r\n"u8.ToArray(), ".."u8.ToArray(),
    ];

    private readonly byte[] _bytes = new byte[2 * Longest];
    private int _length;

    /// <summary>The case's bytes, valid until the next.</summary>
    public ReadOnlySpan<byte> Make(IReadOnlyList<byte[]> seeds)
    {
        _length = 0;
        if (dice.Below(16) == 0)
        {
            _length = dice.Below(256);
            Fill();
            return _bytes.AsSpan(0, _length);
        }

        Insert(0, dice.Of(seeds));
        for (var left = dice.Below(4); left >= 0; left--)
        {
            Change(seeds);
        }

        return _bytes.AsSpan(0, _length);
    }

    private void Fill()
    {
        for (var i = 0; i < _length; i++)
        {
            _bytes[i] = (byte)dice.Next();
        }
    }

    private void Change(IReadOnlyList<byte[]> seeds)
    {
        if (_length == 0)
        {
            Insert(0, dice.Of(s_extremes));
            return;
        }

        var at = dice.Below(_length);
        switch (dice.Below(8))
        {
            case 0:
                _bytes[at] ^= (byte)(1 << dice.Below(8));
                break;
            case 1:
                _bytes[at] = (byte)dice.Next();
                break;
            case 2:
                _length = at;
                break;
            case 3:
                Remove(at, 1 + dice.Below(Math.Min(8, _length - at)));
                break;
            case 4:
                Insert(at, dice.Of(s_extremes));
                break;
            case 5:
                var extreme = dice.Of(s_extremes);
                Remove(at, Math.Min(extreme.Length, _length - at));
                Insert(at, extreme);
                break;
            case 6:
                var other = dice.Of(seeds);
                var from = dice.Below(other.Length);
                Insert(at, other.AsSpan(from, 1 + dice.Below(other.Length - from)));
                break;
            default:
                Insert(at, _bytes.AsSpan(at, 1 + dice.Below(Math.Min(64, _length - at))).ToArray());
                break;
        }
    }

    private void Insert(int at, ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, Longest - Math.Min(Longest, _length))];
        _bytes.AsSpan(at, _length - at).CopyTo(_bytes.AsSpan(at + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(at));
        _length += bytes.Length;
    }

    private void Remove(int at, int count)
    {
        _bytes.AsSpan(at + count, _length - at - count).CopyTo(_bytes.AsSpan(at));
        _length -= count;
    }
}
