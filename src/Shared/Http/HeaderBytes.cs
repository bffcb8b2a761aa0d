using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Pomegranate.Http;

/// <summary>
/// Header values between a frontend and a home: the bytes as they were on the client's connection, each of them one
/// character (that is what ISO 8859-1 is). Only the app says which text they are, by Kestrel's selectors; UTF-8 where it
/// says nothing.
/// </summary>
internal static class HeaderBytes
{
    /// <summary>For a frontend's Kestrel: takes and sends values as their bytes.</summary>
    public static Func<string, Encoding?> Selector { get; } = static _ => Encoding.Latin1;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What the app reads; false where the bytes are no text in its encoding.</summary>
    /// <param name="encoding">By a header's name; null for UTF-8.</param>
    public static bool TryDecode(
        KeyValuePair<string, StringValues>[] headers, Func<string, Encoding?> encoding, [NotNullWhen(true)] out KeyValuePair<string, StringValues>[]? decoded)
    {
        decoded = headers;
        try
        {
            for (var i = 0; i < headers.Length; i++)
            {
                if (!IsAscii(headers[i].Value))
                {
                    if (decoded == headers)
                    {
                        decoded = [.. headers];
                    }

                    var chosen = encoding(headers[i].Key) ?? StrictUtf8;
                    decoded[i] = new(headers[i].Key, Each(headers[i].Value, value => chosen.GetString(Encoding.Latin1.GetBytes(value))));
                }
            }

            return true;
        }
        catch (DecoderFallbackException)
        {
            decoded = null;
            return false;
        }
    }

    /// <summary>What the app has written, in the bytes of its encoding.</summary>
    /// <param name="encoding">By a header's name; null where the app has chosen none, and the value is ASCII.</param>
    public static KeyValuePair<string, StringValues>[] Encode(KeyValuePair<string, StringValues>[] headers, Func<string, Encoding?> encoding)
    {
        for (var i = 0; i < headers.Length; i++)
        {
            if (!IsAscii(headers[i].Value) && encoding(headers[i].Key) is { } chosen)
            {
                headers[i] = new(headers[i].Key, Each(headers[i].Value, value => Encoding.Latin1.GetString(chosen.GetBytes(value))));
            }
        }

        return headers;
    }

    /// <summary>For a home of an earlier build, to which they are text in UTF-8. What is none stays as it is.</summary>
    public static KeyValuePair<string, StringValues>[] AsText(KeyValuePair<string, StringValues>[] headers) =>
        TryDecode(headers, static _ => null, out var decoded) ? decoded : headers;

    private static bool IsAscii(StringValues values)
    {
        foreach (var value in values)
        {
            if (value is not null && !Ascii.IsValid(value))
            {
                return false;
            }
        }

        return true;
    }

    private static string?[] Each(StringValues values, Func<string, string> convert) => [.. values.Select(value => value is null ? null : convert(value))];
}
