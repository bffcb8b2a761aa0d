using System.Globalization;
using Akka.Actor;
using Microsoft.AspNetCore.Http;

namespace Pomegranate.Management;

/// <summary>A member's address as people write it: <c>[akka.tcp://][name@]host:port</c>.</summary>
internal static class MemberAddress
{
    private const string Separator = "://";

    /// <param name="self">Supplies the protocol and, where the text has no name, the cluster's name.</param>
    /// <exception cref="RefusedException">The text is no address, or one of another protocol or cluster.</exception>
    public static Address Parse(string text, Address self)
    {
        var rest = text;
        if (text.IndexOf(Separator, StringComparison.Ordinal) is >= 0 and var scheme)
        {
            if (!text[..scheme].Equals(self.Protocol, StringComparison.OrdinalIgnoreCase))
            {
                throw Malformed(text, self);
            }

            rest = text[(scheme + Separator.Length)..];
        }

        var name = self.System;
        if (rest.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
        {
            name = rest[..at];
            rest = rest[(at + 1)..];
        }

        var colon = rest.LastIndexOf(':');
        if (colon < 0
            || !int.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is 0 or > 65535
            || Uri.CheckHostName(rest[..colon]) == UriHostNameType.Unknown)
        {
            throw Malformed(text, self);
        }

        // Akka drops messages for another system name without a word to their sender.
        return name == self.System
            ? new Address(self.Protocol, name, rest[..colon], port)
            : throw new RefusedException(
                StatusCodes.Status400BadRequest,
                $"'{text}' names the cluster '{name}', but this node is of '{self.System}'. Use {self.Protocol}://{self.System}@host:port.");
    }

    private static RefusedException Malformed(string text, Address self) => new(
        StatusCodes.Status400BadRequest,
        $"'{text}' is not a member's address: it must be {self.Protocol}://{self.System}@host:port, or its end from the name or the host on. /cluster/members lists them.");
}
