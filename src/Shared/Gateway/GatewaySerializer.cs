using System.Buffers;
using System.Net;
using Akka.Actor;
using Akka.Serialization;
using Pomegranate.Streaming;
using Pomegranate.Wire;
using static Pomegranate.Gateway.GatewayProtocol;
using WebRequest = Pomegranate.Http.WebRequest;
using WebResponse = Pomegranate.Http.WebResponse;

namespace Pomegranate.Gateway;

/// <summary>
/// The bytes of <see cref="GatewayProtocol"/>. Manifests are constant and never reused; each message begins with its
/// request id.
/// </summary>
internal sealed class GatewaySerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private const string RunManifest = "r2";

    /// <summary>The same bytes as <see cref="RunManifest"/>, of a request in doubt: an earlier build must not run it.</summary>
    private const string RunInDoubtManifest = "r3";

    /// <summary>path base:string  in doubt:bool, then as <see cref="RunManifest"/>: only mounts know of path bases.</summary>
    private const string RunMountedManifest = "r4";

    /// <summary>
    /// path base:string  in doubt:bool  has facts:bool  [facts], then as <see cref="RunManifest"/>: a request that belongs to the
    /// receiving node. Only nodes that know it have handed out what leads to it (<see cref="NodeMark"/>).
    /// </summary>
    private const string RunForNodeManifest = "r5";

    /// <summary>in doubt:bool  path base:string  facts (<see cref="FactsFormat"/>), then as <see cref="RunManifest"/>: only to nodes of wire revision 3.</summary>
    private const string RunWithFactsManifest = "r6";

    private const string FindManifest = "f1";
    private const string CancelManifest = "c1";
    private const string ReplyManifest = "R1";
    private const string MessagesManifest = "b1";
    private const string RepliesManifest = "B1";

    public override int Identifier => 7101;

    /// <summary>A request id and a session id.</summary>
    private const int LeastMessageBytes = 24;

    /// <summary>What a message is by itself, and in a batch where it has no envelope: the place in this list.</summary>
    private static readonly string[] Kinds =
    [
        RunManifest, RunInDoubtManifest, RunMountedManifest, FindManifest, CancelManifest, RunForNodeManifest, RunWithFactsManifest,
    ];

    public override string Manifest(object o) => o switch
    {
        SessionMessages => MessagesManifest,
        Replies => RepliesManifest,
        RequestReply => ReplyManifest,
        ISessionMessage message => Kinds[KindOf(message)],
        _ => throw new ArgumentException($"{nameof(GatewaySerializer)} does not write {o.GetType()}.", nameof(o)),
    };

    public override byte[] ToBinary(object obj)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        var writer = new WireWriter(buffer);
        switch (obj)
        {
            case SessionMessages messages:
                writer.Count(messages.Items.Count);
                foreach (var item in messages.Items)
                {
                    writer.Byte(KindOf(item));
                    Write(writer, item);
                }

                break;
            case Replies replies:
                writer.Count(replies.Items.Count);
                foreach (var reply in replies.Items)
                {
                    Write(writer, reply);
                }

                break;
            case RequestReply reply:
                Write(writer, reply);
                break;
            default:
                Write(writer, (ISessionMessage)obj);
                break;
        }

        return buffer.WrittenSpan.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(bytes);
        object message = manifest switch
        {
            MessagesManifest => new SessionMessages(ReadMessages(ref reader)),
            RepliesManifest => new Replies(ReadReplies(ref reader)),
            ReplyManifest => ReadReply(ref reader),
            _ => ReadMessage(ref reader, manifest),
        };
        reader.End();
        return message;
    }

    /// <summary>The message's place in <see cref="Kinds"/>.</summary>
    public static byte KindOf(ISessionMessage message) => message switch
    {
        RunRequest { IsForNode: true } => 5,
        RunRequest { Request.Facts: not null } => 6,
        RunRequest { Request.PathBase.Length: > 0 } => 2,
        RunRequest run => run.IsInDoubt ? (byte)1 : (byte)0,
        FindRequest => 3,
        CancelRequest => 4,
        _ => throw new ArgumentException($"{nameof(GatewaySerializer)} does not write {message.GetType()}.", nameof(message)),
    };

    /// <exception cref="WireFormatException">The bytes are no message of this kind, or the kind is not known.</exception>
    public static ISessionMessage ReadMessage(ref WireReader reader, byte kind) => kind < Kinds.Length
        ? ReadMessage(ref reader, Kinds[kind])
        : throw new WireFormatException($"A session message of kind {kind} is not known to this build.");

    /// <summary>A reply's bytes, for the head of a stream.</summary>
    public static byte[] ToBytes(RequestReply reply)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        Write(new WireWriter(buffer), reply);
        return buffer.WrittenSpan.ToArray();
    }

    /// <exception cref="WireFormatException">The bytes are no reply.</exception>
    public static RequestReply ReplyOf(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var reply = ReadReply(ref reader);
        reader.End();
        return reply;
    }

    public static void Write(WireWriter writer, ISessionMessage message)
    {
        switch (message)
        {
            case RunRequest run:
                if (run.IsForNode)
                {
                    writer.String(run.Request.PathBase);
                    writer.Bool(run.IsInDoubt);
                    writer.Bool(run.Request.Facts is not null);
                    if (run.Request.Facts is { } known)
                    {
                        FactsFormat.Write(writer, known);
                    }
                }
                else if (run.Request.Facts is { } facts)
                {
                    writer.Bool(run.IsInDoubt);
                    writer.String(run.Request.PathBase);
                    FactsFormat.Write(writer, facts);
                }
                else if (run.Request.PathBase.Length > 0)
                {
                    writer.String(run.Request.PathBase);
                    writer.Bool(run.IsInDoubt);
                }

                Write(writer, run.RequestId);
                writer.Id(run.SessionId);
                writer.Bool(run.IsFreshId);
                Write(writer, run.Request);
                Write(writer, run.Ticket);
                break;
            case FindRequest find:
                Write(writer, find.RequestId);
                writer.Id(find.SessionId);
                break;
            case CancelRequest cancel:
                Write(writer, cancel.RequestId);
                writer.Id(cancel.SessionId);
                break;
            default:
                throw new ArgumentException($"{nameof(GatewaySerializer)} does not write {message.GetType()}.", nameof(message));
        }
    }

    private static ISessionMessage ReadMessage(ref WireReader reader, string manifest) => manifest switch
    {
        RunManifest => ReadRun(ref reader),
        RunInDoubtManifest => ReadRun(ref reader) with { IsInDoubt = true },
        RunMountedManifest => ReadMountedRun(ref reader),
        RunForNodeManifest => ReadRunForNode(ref reader),
        RunWithFactsManifest => ReadRunWithFacts(ref reader),
        FindManifest => new FindRequest(ReadRequestId(ref reader), reader.Id()),
        CancelManifest => new CancelRequest(ReadRequestId(ref reader), reader.Id()),
        _ => throw new WireFormatException($"Gateway message '{manifest}' is not known to this build."),
    };

    private static ISessionMessage[] ReadMessages(ref WireReader reader)
    {
        var messages = new ISessionMessage[reader.Count(LeastMessageBytes)];
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i] = ReadMessage(ref reader, reader.Byte());
        }

        return messages;
    }

    private static RequestReply[] ReadReplies(ref WireReader reader)
    {
        var replies = new RequestReply[reader.Count(LeastMessageBytes)];
        for (var i = 0; i < replies.Length; i++)
        {
            replies[i] = ReadReply(ref reader);
        }

        return replies;
    }

    private static RunRequest ReadRun(ref WireReader reader) =>
        new(ReadRequestId(ref reader), reader.Id(), reader.Bool(), ReadRequest(ref reader), ReadTicket(ref reader));

    private static RunRequest ReadMountedRun(ref WireReader reader)
    {
        var pathBase = reader.String();
        var isInDoubt = reader.Bool();
        var run = ReadRun(ref reader);
        return run with { Request = run.Request with { PathBase = pathBase }, IsInDoubt = isInDoubt };
    }

    private static RunRequest ReadRunForNode(ref WireReader reader)
    {
        var pathBase = reader.String();
        var isInDoubt = reader.Bool();
        var facts = reader.Bool() ? FactsFormat.Read(ref reader) : null;
        var run = ReadRun(ref reader);
        return run with { Request = run.Request with { PathBase = pathBase, Facts = facts }, IsInDoubt = isInDoubt, IsForNode = true };
    }

    private static RunRequest ReadRunWithFacts(ref WireReader reader)
    {
        var isInDoubt = reader.Bool();
        var pathBase = reader.Name();
        var facts = FactsFormat.Read(ref reader);
        var run = ReadRun(ref reader);
        return run with { Request = run.Request with { PathBase = pathBase, Facts = facts }, IsInDoubt = isInDoubt };
    }

    private static void Write(WireWriter writer, RequestId id)
    {
        writer.UInt64(id.Frontend);
        writer.VarInt(id.Number);
    }

    private static RequestId ReadRequestId(ref WireReader reader) => new(reader.UInt64(), reader.VarInt());

    private static void Write(WireWriter writer, WebRequest request)
    {
        writer.String(request.Method);
        writer.String(request.Scheme);
        writer.String(request.RawTarget);
        writer.String(request.Protocol);
        writer.String(request.TraceIdentifier);
        Write(writer, request.Client);
        Write(writer, request.Local);
        HeaderFormat.Write(writer, request.Headers);
        writer.Bool(request.HasBody);
        writer.Bool(request.IsBodyStreamed);
        writer.Bytes(request.Body.Span);
    }

    private static WebRequest ReadRequest(ref WireReader reader) => new()
    {
        Method = reader.Name(),
        Scheme = reader.Name(),
        RawTarget = reader.String(),
        Protocol = reader.Name(),
        TraceIdentifier = reader.String(),
        Client = ReadEndPoint(ref reader),
        Local = ReadEndPoint(ref reader),
        Headers = HeaderFormat.Read(ref reader),
        HasBody = reader.Bool(),
        IsBodyStreamed = reader.Bool(),
        Body = reader.Bytes(),
    };

    private static void Write(WireWriter writer, StreamTicket ticket)
    {
        writer.String(ticket.Host);
        writer.Count(ticket.Port);
        writer.Bytes(ticket.Secret.ToByteArray());
    }

    private static StreamTicket ReadTicket(ref WireReader reader)
    {
        var host = reader.Name();
        var port = reader.VarInt();
        var secret = reader.Bytes();
        return port <= IPEndPoint.MaxPort && secret.Length == 16
            ? new StreamTicket(host, (int)port, new Guid(secret))
            : throw new WireFormatException($"A stream ticket of port {port} and {secret.Length} secret bytes is none.");
    }

    public static void Write(WireWriter writer, RequestReply reply)
    {
        Write(writer, reply.RequestId);
        writer.Byte((byte)reply.Kind);
        writer.String(reply.Node);
        writer.Byte((byte)reply.Cookie.Action);
        writer.Id(reply.Cookie.Id);
        writer.Count(reply.Status);
        writer.OptionalString(reply.Reason);
        writer.Bool(reply.Response is not null);
        if (reply.Response is { } response)
        {
            writer.Count(response.StatusCode);
            writer.OptionalString(response.ReasonPhrase);
            HeaderFormat.Write(writer, response.Headers);
            HeaderFormat.Write(writer, response.Trailers);
            writer.Bytes(response.Body.Span);
        }
    }

    private static RequestReply ReadReply(ref WireReader reader)
    {
        var id = ReadRequestId(ref reader);
        var kind = (ReplyKind)reader.Byte();
        var node = reader.Name();
        var cookie = new CookieChange((CookieAction)reader.Byte(), reader.Id());
        var status = (int)Math.Min(reader.VarInt(), int.MaxValue);
        var reason = reader.OptionalString();
        var response = reader.Bool() ? ReadResponse(ref reader) : null;
        return new RequestReply(id, kind, node, response, cookie, status, reason);
    }

    private static WebResponse ReadResponse(ref WireReader reader) => new()
    {
        StatusCode = (int)Math.Min(reader.VarInt(), 999),
        ReasonPhrase = reader.OptionalString(),
        Headers = HeaderFormat.Read(ref reader),
        Trailers = HeaderFormat.Read(ref reader),
        Body = reader.Bytes(),
    };

    private static void Write(WireWriter writer, IPEndPoint? endPoint)
    {
        writer.Bool(endPoint is not null);
        if (endPoint is not null)
        {
            writer.Bytes(endPoint.Address.GetAddressBytes());
            writer.Count(endPoint.Port);
        }
    }

    private static IPEndPoint? ReadEndPoint(ref WireReader reader)
    {
        if (!reader.Bool())
        {
            return null;
        }

        var address = reader.Bytes();
        var port = reader.VarInt();
        return address.Length is 4 or 16 && port <= IPEndPoint.MaxPort
            ? new IPEndPoint(new IPAddress(address), (int)port)
            : throw new WireFormatException($"An end point of {address.Length} address bytes and port {port} is neither IPv4 nor IPv6.");
    }
}
