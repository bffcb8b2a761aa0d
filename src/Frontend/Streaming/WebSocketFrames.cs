using System.Buffers.Binary;

namespace Pomegranate.Frontend.Streaming;

/// <summary>
/// Follows the frames of a WebSocket (RFC 6455 section 5.2) that pass by, so that a close frame of ours never lands
/// inside one of the app's.
/// </summary>
internal sealed class WebSocketFrames
{
    private const byte CloseOpcode = 8;

    private readonly byte[] _header = new byte[14];
    private int _headerBytes;
    private ulong _payloadLeft;

    /// <summary>A close frame with status 1001, "going away": a browser's client reconnects.</summary>
    public static ReadOnlySpan<byte> GoingAway => [0x88, 0x02, 0x03, 0xE9];

    /// <summary>Whether a new frame may begin here.</summary>
    public bool IsBetweenFrames => _headerBytes == 0 && _payloadLeft == 0;

    /// <summary>The app has closed by itself.</summary>
    public bool HasSeenClose { get; private set; }

    public void Follow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_payloadLeft > 0)
            {
                var skipped = (int)Math.Min((ulong)bytes.Length, _payloadLeft);
                _payloadLeft -= (ulong)skipped;
                bytes = bytes[skipped..];
                continue;
            }

            _header[_headerBytes++] = bytes[0];
            bytes = bytes[1..];
            if (_headerBytes >= 2 && _headerBytes == HeaderSize)
            {
                HasSeenClose |= (_header[0] & 0x0F) == CloseOpcode;
                _payloadLeft = PayloadLength;
                _headerBytes = 0;
            }
        }
    }

    private int HeaderSize => 2 + LengthBytes + ((_header[1] & 0x80) != 0 ? 4 : 0);

    private int LengthBytes => (_header[1] & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 };

    private ulong PayloadLength => LengthBytes switch
    {
        2 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
        8 => BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(2)),
        _ => (ulong)(_header[1] & 0x7F),
    };
}
