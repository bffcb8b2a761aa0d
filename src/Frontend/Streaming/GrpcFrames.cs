using System.Buffers.Binary;

namespace Pomegranate.Frontend.Streaming;

/// <summary>
/// Follows the messages of a gRPC response that pass by: a byte of flags, four of length (big-endian), and that. A status of
/// ours may follow a whole message, and nothing else.
/// </summary>
internal sealed class GrpcFrames
{
    private readonly byte[] _header = new byte[5];
    private int _headerBytes;
    private uint _left;

    public bool IsBetweenMessages => _headerBytes == 0 && _left == 0;

    public void Follow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_left > 0)
            {
                var skipped = (int)Math.Min((uint)bytes.Length, _left);
                _left -= (uint)skipped;
                bytes = bytes[skipped..];
                continue;
            }

            _header[_headerBytes++] = bytes[0];
            bytes = bytes[1..];
            if (_headerBytes == _header.Length)
            {
                _left = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(1));
                _headerBytes = 0;
            }
        }
    }
}
