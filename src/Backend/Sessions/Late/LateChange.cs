using Pomegranate.Backend.Sessions.Turns;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;
using Pomegranate.Wire;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Sessions.Late;

/// <summary>
/// What a request makes of its session after its response has begun, sent to the session's home, wherever that is by now: a
/// WebSocket outlives a move of its session. Without changes it says that the session is still used.
/// <code>
/// change = id clears:bool count:varint (key:string there:bool [value:bytes])* count:varint (key:string version)* isOnce:bool [outcome:bytes]
/// </code>
/// </summary>
/// <param name="Changes">By key; a null value removes.</param>
/// <param name="Reads">What of that it has read before, in which version; the default for what was not there.</param>
internal sealed record LateChange(
    SessionId SessionId, bool Clears, KeyValuePair<string, byte[]?>[] Changes, KeyValuePair<string, SessionVersion>[] Reads) : ISessionMessage
{
    /// <summary>What comes of the request, where it is exactly-once; else null.</summary>
    public byte[]? Outcome { get; init; }

    /// <summary>The request's part in the turns of a session that is at home on its own node; else null.</summary>
    public TurnTicket? Ticket { get; init; }

    /// <summary>Whose turns those are.</summary>
    public SessionTurn? Turn { get; init; }

    public bool IsEmpty => !Clears && Changes.Length == 0 && Outcome is null;

    /// <summary>The session is used, and nothing else.</summary>
    public static LateChange UseOf(SessionId id) => new(id, false, [], []);

    public void Write(WireWriter writer)
    {
        writer.Id(SessionId);
        writer.Bool(Clears);
        writer.Count(Changes.Length);
        foreach (var (key, value) in Changes)
        {
            writer.String(key);
            writer.Bool(value is not null);
            if (value is not null)
            {
                writer.Bytes(value);
            }
        }

        writer.Count(Reads.Length);
        foreach (var (key, version) in Reads)
        {
            writer.String(key);
            version.Write(writer);
        }

        writer.Bool(Outcome is not null);
        if (Outcome is not null)
        {
            writer.Bytes(Outcome);
        }
    }

    public static LateChange Read(ref WireReader reader)
    {
        var id = reader.Id();
        var clears = reader.Bool();
        var changes = new KeyValuePair<string, byte[]?>[reader.Count(2)];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = new(reader.String(), reader.Bool() ? reader.Bytes() : null);
        }

        var reads = new KeyValuePair<string, SessionVersion>[reader.Count(11)];
        for (var i = 0; i < reads.Length; i++)
        {
            reads[i] = new(reader.String(), SessionVersion.Read(ref reader));
        }

        return new(id, clears, changes, reads) { Outcome = reader.Bool() ? reader.Bytes() : null };
    }
}

/// <summary>What became of a <see cref="LateChange"/>.</summary>
/// <param name="Reason">For whoever made it, where it is not stored.</param>
/// <param name="Version">What the changed attributes have now, where it is.</param>
internal sealed record LateReply(LateResult Result, string Reason = "", SessionVersion Version = default)
{
    public void Write(WireWriter writer)
    {
        writer.Byte((byte)Result);
        writer.String(Reason);
        Version.Write(writer);
    }

    public static LateReply Read(ref WireReader reader) => new((LateResult)reader.Byte(), reader.String(), SessionVersion.Read(ref reader));
}

/// <summary>How a <see cref="LateChange"/> ended.</summary>
internal enum LateResult : byte
{
    /// <summary>It is part of the session.</summary>
    Stored = 1,

    /// <summary>Others have changed what it was made of.</summary>
    Conflict = 2,

    /// <summary>It is not stored, for another reason.</summary>
    Refused = 3,
}
