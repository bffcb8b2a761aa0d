using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Serialization;
using Pomegranate.Wire;
using static Pomegranate.Views.ViewProtocol;
using Envelope = Pomegranate.Views.ViewProtocol.Envelope;

namespace Pomegranate.Views;

/// <summary>The wire format of <see cref="ViewProtocol"/>.</summary>
/// <remarks>
/// <code>
/// manifest  layout, after app:string and the sender's incarnation:int64
/// p1        view ballot wait                                   Prepare
/// P1        number ballot ballot present:bool [view]           Promise
/// a1        view ballot view members wait                      Accept
/// A1        number ballot wait                                 Accepted
/// r1        number ballot                                      Refused
/// c1        view wait                                          Chosen
/// w1, W1    number                                             Which, NoNewer
/// l1        number asked length                                LeaseAsk
/// L1        number asked                                       LeaseGrant
/// u1        number                                             CaughtUp
/// i1, o1                                                       WantIn, WantOut
///
/// view    = number roster members count:varint roster*         witnesses, then what is owed
/// roster  = need:varint members
/// members = count:varint (address:string incarnation:int64)*
/// ballot  = round:varint present:bool [address:string incarnation:int64]
/// number  = int64; wait, asked, length = ticks of 100 ns as int64
/// </code>
/// </remarks>
internal sealed class ViewSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <summary>The fewest bytes of a member, for the check of counts.</summary>
    private const int SmallestMember = 9;

    public override int Identifier => 7107;

    public override string Manifest(object o) => ((Envelope)o).Message switch
    {
        Prepare => "p1",
        Promise => "P1",
        Accept => "a1",
        Accepted => "A1",
        Refused => "r1",
        Chosen => "c1",
        Which => "w1",
        NoNewer => "W1",
        LeaseAsk => "l1",
        LeaseGrant => "L1",
        CaughtUp => "u1",
        WantIn => "i1",
        WantOut => "o1",
        var other => throw new SerializationException($"{other.GetType()} is not a message about views."),
    };

    public override byte[] ToBinary(object obj)
    {
        var envelope = (Envelope)obj;
        var buffer = new ArrayBufferWriter<byte>(256);
        var writer = new WireWriter(buffer);
        writer.String(envelope.App);
        writer.Int64(envelope.Incarnation);
        switch (envelope.Message)
        {
            case Prepare prepare:
                Write(writer, prepare.Last);
                Write(writer, prepare.Ballot);
                writer.Int64(prepare.Wait.Ticks);
                break;
            case Promise promise:
                writer.Int64(promise.Number);
                Write(writer, promise.Ballot);
                Write(writer, promise.AcceptedIn);
                writer.Bool(promise.Accepted is not null);
                if (promise.Accepted is { } view)
                {
                    Write(writer, view);
                }

                break;
            case Accept accept:
                Write(writer, accept.Last);
                Write(writer, accept.Ballot);
                Write(writer, accept.Next);
                Write(writer, accept.Released);
                writer.Int64(accept.Wait.Ticks);
                break;
            case Accepted accepted:
                writer.Int64(accepted.Number);
                Write(writer, accepted.Ballot);
                writer.Int64(accepted.Rest.Ticks);
                break;
            case Refused refused:
                writer.Int64(refused.Number);
                Write(writer, refused.Promised);
                break;
            case Chosen chosen:
                Write(writer, chosen.View);
                writer.Int64(chosen.Wait.Ticks);
                break;
            case Which which:
                writer.Int64(which.Number);
                break;
            case NoNewer noNewer:
                writer.Int64(noNewer.Number);
                break;
            case LeaseAsk ask:
                writer.Int64(ask.Number);
                writer.Int64(ask.Asked.Ticks);
                writer.Int64(ask.Length.Ticks);
                break;
            case LeaseGrant grant:
                writer.Int64(grant.Number);
                writer.Int64(grant.Asked.Ticks);
                break;
            case CaughtUp caughtUp:
                writer.Int64(caughtUp.Number);
                break;
        }

        return buffer.WrittenSpan.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(bytes);
        var app = reader.String();
        var incarnation = reader.Int64();
        IMessage message = manifest switch
        {
            "p1" => new Prepare(ReadView(ref reader), ReadBallot(ref reader), ReadTime(ref reader)),
            "P1" => new Promise(reader.Int64(), ReadBallot(ref reader), ReadBallot(ref reader), reader.Bool() ? ReadView(ref reader) : null),
            "a1" => new Accept(ReadView(ref reader), ReadBallot(ref reader), ReadView(ref reader), ReadMembers(ref reader), ReadTime(ref reader)),
            "A1" => new Accepted(reader.Int64(), ReadBallot(ref reader), ReadTime(ref reader)),
            "r1" => new Refused(reader.Int64(), ReadBallot(ref reader)),
            "c1" => new Chosen(ReadView(ref reader), ReadTime(ref reader)),
            "w1" => new Which(reader.Int64()),
            "W1" => new NoNewer(reader.Int64()),
            "l1" => new LeaseAsk(reader.Int64(), ReadTime(ref reader), ReadTime(ref reader)),
            "L1" => new LeaseGrant(reader.Int64(), ReadTime(ref reader)),
            "u1" => new CaughtUp(reader.Int64()),
            "i1" => WantIn.Instance,
            "o1" => WantOut.Instance,
            _ => throw new WireFormatException($"'{manifest}' is not the manifest of a message about views."),
        };
        reader.End();
        return new Envelope(app, incarnation, message);
    }

    private static void Write(WireWriter writer, View view)
    {
        writer.Int64(view.Number);
        Write(writer, view.Roster);
        Write(writer, view.Witnesses);
        writer.Count(view.Owed.Length);
        foreach (var roster in view.Owed)
        {
            Write(writer, roster);
        }
    }

    private static View ReadView(ref WireReader reader)
    {
        var number = reader.Int64();
        var roster = ReadRoster(ref reader);
        var witnesses = ReadMembers(ref reader);
        var owed = new Roster[reader.Count(2)];
        for (var i = 0; i < owed.Length; i++)
        {
            owed[i] = ReadRoster(ref reader);
        }

        return new View(number, roster, witnesses, [.. owed]);
    }

    private static void Write(WireWriter writer, Roster roster)
    {
        writer.Count(roster.Need);
        Write(writer, roster.Members);
    }

    private static Roster ReadRoster(ref WireReader reader)
    {
        var need = reader.VarInt();
        var members = ReadMembers(ref reader);
        return members.Length > 0 && need > 0 && need <= (ulong)members.Length
            ? new Roster(members, (int)need)
            : throw new WireFormatException($"A roster of {members.Length} members, of which {need} are needed, is none.");
    }

    private static void Write(WireWriter writer, ImmutableArray<UniqueAddress> members)
    {
        writer.Count(members.Length);
        foreach (var member in members)
        {
            Write(writer, member);
        }
    }

    private static ImmutableArray<UniqueAddress> ReadMembers(ref WireReader reader)
    {
        var members = new UniqueAddress[reader.Count(SmallestMember)];
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = ReadMember(ref reader);
        }

        return [.. members];
    }

    private static void Write(WireWriter writer, UniqueAddress member)
    {
        writer.String(member.Address.ToString());
        writer.Int64(member.Uid);
    }

    private static UniqueAddress ReadMember(ref WireReader reader)
    {
        var address = reader.String();
        var incarnation = reader.Int64();
        return Address.TryParse(address, out var parsed)
            ? new UniqueAddress(parsed, unchecked((int)incarnation))
            : throw new WireFormatException($"'{address}' is not the address of a member.");
    }

    private static void Write(WireWriter writer, Ballot ballot)
    {
        writer.Count(ballot.Round);
        writer.Bool(ballot.Proposer is not null);
        if (ballot.Proposer is { } proposer)
        {
            Write(writer, proposer);
        }
    }

    private static Ballot ReadBallot(ref WireReader reader)
    {
        var round = reader.VarInt();
        return round <= int.MaxValue / 2
            ? new Ballot((int)round, reader.Bool() ? ReadMember(ref reader) : null)
            : throw new WireFormatException($"A ballot of round {round} is none.");
    }

    private static TimeSpan ReadTime(ref WireReader reader) => new(reader.Int64());
}
