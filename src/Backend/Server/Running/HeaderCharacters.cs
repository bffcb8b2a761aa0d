using System.Buffers;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Pomegranate.Backend.Server;

/// <summary>
/// Which characters a response header may hold. Without this check a line break in a value the app took from its user
/// would end the header and begin another one of the user's choice.
/// </summary>
internal static class HeaderCharacters
{
    /// <summary>tchar, RFC 9110 section 5.6.2.</summary>
    private static readonly SearchValues<char> Token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static void CheckName(string name)
    {
        var invalid = name.AsSpan().IndexOfAnyExcept(Token);
        if (invalid >= 0)
        {
            throw Invalid(name[invalid]);
        }
    }

    /// <param name="encoding">What the app chose for this header; null: ASCII only.</param>
    public static void CheckValue(StringValues values, Encoding? encoding)
    {
        foreach (var value in values)
        {
            var invalid = encoding is null
                ? value.AsSpan().IndexOfAnyExceptInRange(' ', '~')
                : IndexOfControl(value);
            if (invalid >= 0)
            {
                throw Invalid(value![invalid]);
            }
        }
    }

    private static int IndexOfControl(ReadOnlySpan<char> value)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] is < ' ' or '\x7f')
            {
                return i;
            }
        }

        return -1;
    }

    private static InvalidOperationException Invalid(char character)
        => new($"Invalid non-ASCII or control character in header: 0x{(ushort)character:X4}");
}
