using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Primitives;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Campaign.Histories;
using Pomegranate.Http;
using Pomegranate.Simulation.Cluster;
using static Pomegranate.Gateway.GatewayProtocol;
using static Pomegranate.Simulation.Cluster.Messages;

namespace Pomegranate.Simulation.Backends;

/// <summary>The simulated app, as Campaign.App: every answer holds the whole session.</summary>
internal static class SessionContent
{
    private const string Owner = "owner";
    private const string Log = "log";
    private const string Register = "r.0";

    public static readonly ClusterSessionOptions Limits = new();

    public static bool IsExactlyOnce(OperationKind kind) => kind is OperationKind.AppendOnce or OperationKind.AppendKeyed;

    /// <summary>Whether a frontend may send it again by itself.</summary>
    public static bool IsIdempotent(OperationKind kind) => kind is OperationKind.AppendPut or OperationKind.Write or OperationKind.Read or OperationKind.Peek;

    /// <summary>Runs the request on the session's changes, and says what it saw.</summary>
    public static Observation Run(Request request, SessionChanges changes, string node)
    {
        switch (request.Kind)
        {
            case OperationKind.Create:
                changes.Set(Owner, Encoding.UTF8.GetBytes(SessionTable.NameOf(request.Session)), Limits);
                break;
            case OperationKind.Write:
                changes.Set(Register, Number(request.Number), Limits);
                break;
            case OperationKind.AppendPost or OperationKind.AppendPut or OperationKind.AppendOnce or OperationKind.AppendKeyed:
                changes.Set(Log, [.. changes.Find(Log) ?? [], .. Number(request.Number)], Limits);
                break;
        }

        return Observe(changes.Find(Owner), changes.Find(Log), changes.Find(Register), node);
    }

    public static long? RegisterOf(SessionEntry entry)
    {
        var register = entry.Attributes.FirstOrDefault(attribute => attribute.Key == Register).Value;
        return register is null ? null : BinaryPrimitives.ReadInt64BigEndian(register);
    }

    public static RequestReply Answer(Request request, Observation seen) => new(
        request.Id, ReplyKind.Response, seen.Node!, new WebResponse { StatusCode = 200, Headers = Array.Empty<KeyValuePair<string, StringValues>>(), Body = Write(seen) });

    /// <summary>What a recorded answer says.</summary>
    public static Observation Read(RequestReply reply)
    {
        var bytes = reply.Response!.Body.ToArray();
        var owner = bytes[0];
        var register = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(1 + owner));
        return Observe(
            owner == 0 ? null : bytes.AsSpan(1, owner).ToArray(), bytes.AsSpan(9 + owner).ToArray(), register == 0 ? null : Number(register), reply.Node);
    }

    private static byte[] Write(Observation seen)
    {
        var owner = Encoding.UTF8.GetBytes(seen.Owner ?? "");
        return [(byte)owner.Length, .. owner, .. Number(seen.Registers.Values.FirstOrDefault()), .. seen.Log.SelectMany(Number)];
    }

    private static Observation Observe(byte[]? owner, byte[]? log, byte[]? register, string node)
    {
        var numbers = new long[(log?.Length ?? 0) / 8];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = BinaryPrimitives.ReadInt64BigEndian(log.AsSpan(8 * i));
        }

        return new(
            owner is null ? null : Encoding.UTF8.GetString(owner), numbers,
            register is null ? None : new Dictionary<string, long> { [Register] = BinaryPrimitives.ReadInt64BigEndian(register) }, node);
    }

    private static readonly Dictionary<string, long> None = [];

    private static byte[] Number(long number)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }
}
