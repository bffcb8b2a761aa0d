using Pomegranate.Wire;

namespace Pomegranate.Lanes;

/// <summary>Bytes that have come, and the whole frames among them. Not thread-safe.</summary>
/// <param name="usual">The buffer's size while no frame is longer.</param>
internal sealed class LaneInbox(int usual = 64 * 1024)
{
    private byte[] _bytes = new byte[usual];
    private int _start;
    private int _end;

    /// <summary>Where the next bytes go; never empty. What <see cref="TryTake"/> gave is overwritten.</summary>
    public Memory<byte> Free()
    {
        if (_start == _end)
        {
            (_start, _end) = (0, 0);
            if (_bytes.Length > usual)
            {
                _bytes = new byte[usual];
            }
        }
        else if (_start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _bytes.Length)
        {
            // As the bytes come, not as a header claims: a length costs nothing until it is true.
            Array.Resize(ref _bytes, Math.Min(2 * _bytes.Length, LaneFrame.HeaderSize + LaneFrame.MaxPayload));
        }

        return _bytes.AsMemory(_end);
    }

    /// <summary>So many bytes were put where <see cref="Free"/> said.</summary>
    public void Received(int count) => _end += count;

    /// <summary>The next frame that is here whole; its payload is valid until <see cref="Free"/>.</summary>
    /// <exception cref="WireFormatException">The bytes are no frame.</exception>
    public bool TryTake(out byte kind, out ReadOnlySpan<byte> payload)
    {
        kind = 0;
        payload = default;
        var bytes = _bytes.AsSpan(_start, _end - _start);
        if (bytes.Length < LaneFrame.HeaderSize)
        {
            return false;
        }

        (kind, var length) = LaneFrame.ReadHeader(bytes);
        if (bytes.Length < LaneFrame.HeaderSize + length)
        {
            return false;
        }

        payload = bytes.Slice(LaneFrame.HeaderSize, length);
        _start += LaneFrame.HeaderSize + length;
        return true;
    }
}
