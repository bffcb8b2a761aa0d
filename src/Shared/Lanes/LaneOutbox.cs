using System.Buffers;

namespace Pomegranate.Lanes;

/// <summary>Frames that gather until they are sent: messages are written straight into it. Not thread-safe.</summary>
internal sealed class LaneOutbox : IBufferWriter<byte>
{
    private const int Usual = 64 * 1024;

    /// <summary>A buffer that once grew above this is not kept.</summary>
    private const int Kept = 1024 * 1024;

    private byte[] _bytes = new byte[Usual];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    /// <summary>Begins a frame, whose payload is what is written next.</summary>
    /// <returns>Where it begins.</returns>
    public int Begin()
    {
        var start = Length;
        GetSpan(LaneFrame.HeaderSize);
        Advance(LaneFrame.HeaderSize);
        return start;
    }

    /// <summary>Ends the frame that began there; false where it is too long, and then it was never there.</summary>
    public bool TryEnd(int start, byte kind)
    {
        var length = Length - start - LaneFrame.HeaderSize;
        if (length > LaneFrame.MaxPayload)
        {
            CutBackTo(start);
            return false;
        }

        LaneFrame.WriteHeader(_bytes.AsSpan(start), kind, length);
        return true;
    }

    public void CutBackTo(int start) => Length = start;

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > Kept)
        {
            _bytes = new byte[Usual];
        }
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Length);
    }

    private void Reserve(int size)
    {
        if (_bytes.Length - Length < Math.Max(size, 1))
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + size));
        }
    }
}
