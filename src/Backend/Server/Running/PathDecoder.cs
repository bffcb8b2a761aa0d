using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Pomegranate.Backend.Server;

/// <summary>
/// Decodes an origin-form path to what <c>HttpRequest.Path</c> holds under Kestrel: percent-escapes that form valid UTF-8
/// are decoded, except <c>%2F</c> (else an encoded slash could not be told from a separator); anything else stays as
/// sent; then dot segments are removed, so that an encoded <c>..</c> cannot climb out either.
/// </summary>
internal static class PathDecoder
{
    /// <summary>False if the path holds an encoded NUL.</summary>
    public static bool TryDecode(ReadOnlySpan<char> raw, [NotNullWhen(true)] out string? path)
    {
        path = null;
        if (!raw.Contains('%') && raw.IndexOf("/.") < 0)
        {
            path = raw.ToString();
            return true;
        }

        var rented = ArrayPool<char>.Shared.Rent(raw.Length);
        try
        {
            if (!TryUnescape(raw, rented, out var length))
            {
                return false;
            }

            path = new string(rented, 0, RemoveDotSegments(rented.AsSpan(0, length)));
            return true;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    private static bool TryUnescape(ReadOnlySpan<char> raw, Span<char> output, out int written)
    {
        written = 0;
        for (var i = 0; i < raw.Length;)
        {
            if (raw[i] == '%' && TryReadRune(raw[i..], out var rune, out var consumed))
            {
                if (rune.Value == 0)
                {
                    return false;
                }

                // Never longer than its escapes: a rune of n bytes has 3n characters of them.
                written += rune.EncodeToUtf16(output[written..]);
                i += consumed;
            }
            else
            {
                output[written++] = raw[i++];
            }
        }

        return true;
    }

    /// <summary>Reads the escapes of one whole UTF-8 sequence; overlong forms and surrogates are not one.</summary>
    private static bool TryReadRune(ReadOnlySpan<char> escapes, out Rune rune, out int consumed)
    {
        Span<byte> utf8 = stackalloc byte[4];
        rune = default;
        consumed = 0;
        if (!TryReadEscape(escapes, out utf8[0]))
        {
            return false;
        }

        var length = utf8[0] switch { < 0x80 => 1, < 0xC2 => 0, < 0xE0 => 2, < 0xF0 => 3, < 0xF5 => 4, _ => 0 };
        for (var n = 1; n < length; n++)
        {
            if (!TryReadEscape(escapes[(3 * n)..], out utf8[n]))
            {
                return false;
            }
        }

        consumed = 3 * length;
        return length > 0
            && Rune.DecodeFromUtf8(utf8[..length], out rune, out var bytes) == OperationStatus.Done
            && bytes == length;
    }

    private static bool TryReadEscape(ReadOnlySpan<char> text, out byte value)
    {
        value = 0;
        return text.Length >= 3
            && text[0] == '%'
            && byte.TryParse(text.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            && value != '/';
    }

    /// <summary>RFC 3986 section 5.2.4 in place; the path starts with a slash. Returns the new length.</summary>
    private static int RemoveDotSegments(Span<char> path)
    {
        var written = 0;
        for (var start = 0; start < path.Length;)
        {
            var next = path[(start + 1)..].IndexOf('/');
            var end = next < 0 ? path.Length : start + 1 + next;
            var segment = path[(start + 1)..end];
            if (segment is ".." or ".")
            {
                if (segment.Length == 2)
                {
                    written = Math.Max(0, path[..written].LastIndexOf('/'));
                }

                // "/a/." and "/a/b/.." name the directory itself: they end in a slash.
                if (end == path.Length)
                {
                    path[written++] = '/';
                }
            }
            else
            {
                path[start..end].CopyTo(path[written..]);
                written += end - start;
            }

            start = end;
        }

        return written;
    }
}
