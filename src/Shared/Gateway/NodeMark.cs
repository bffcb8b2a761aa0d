using System.Buffers.Binary;
using System.Buffers.Text;
using Pomegranate.Http;

namespace Pomegranate.Gateway;

/// <summary>
/// The mark that says on which node something lives that a client has been given the name of: <c>TOKEN.on-XXXXXX</c>, with
/// the node's incarnation. SignalR's negotiate hands out a token for a connection that exists only in the process that
/// answered; what belongs to the connection comes back with the token as <c>id</c> in the query, from clients that keep
/// cookies and from those that do not, through whichever frontend.
/// </summary>
/// <remarks>
/// No secret: it names a node, which the client may also choose by its session's id, and opens nothing. Its characters are
/// those that no client escapes in a query.
/// </remarks>
internal static class NodeMark
{
    private const string Begin = ".on-";
    private const string Parameter = "id=";

    /// <summary>4 bytes in base64url.</summary>
    private const int IncarnationLength = 6;

    public static string Add(string token, int incarnation)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, incarnation);
        return $"{token}{Begin}{Base64Url.EncodeToString(bytes)}";
    }

    /// <summary>The incarnation of the node that a request target names; false where it names none.</summary>
    public static bool TryRead(string target, out int incarnation) => Find(target, out incarnation) >= 0;

    /// <summary>The request as it would be if nothing had been marked: what the app sees.</summary>
    public static WebRequest Strip(WebRequest request) => Find(request.RawTarget, out _) is >= 0 and var at
        ? request with { RawTarget = request.RawTarget.Remove(at, Begin.Length + IncarnationLength) }
        : request;

    /// <returns>Where the mark begins; negative for none.</returns>
    private static int Find(string target, out int incarnation)
    {
        incarnation = 0;
        if (!target.Contains(Begin, StringComparison.Ordinal) || target.IndexOf('?') is not (>= 0 and var query))
        {
            return -1;
        }

        for (var from = query + 1; from < target.Length;)
        {
            var end = target.IndexOf('&', from) is >= 0 and var next ? next : target.Length;
            var mark = end - Begin.Length - IncarnationLength;
            if (target.AsSpan(from, end - from).StartsWith(Parameter, StringComparison.OrdinalIgnoreCase)
                && mark > from + Parameter.Length
                && target.AsSpan(mark).StartsWith(Begin)
                && TryParse(target.AsSpan(mark + Begin.Length, IncarnationLength), out incarnation))
            {
                return mark;
            }

            from = end + 1;
        }

        return -1;
    }

    private static bool TryParse(ReadOnlySpan<char> text, out int incarnation)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        incarnation = 0;
        if (Base64Url.DecodeFromChars(text, bytes, out _, out var written) != System.Buffers.OperationStatus.Done || written != sizeof(int))
        {
            return false;
        }

        incarnation = BinaryPrimitives.ReadInt32BigEndian(bytes);
        return true;
    }
}
