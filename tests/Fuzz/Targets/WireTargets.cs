using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Serialization;
using Microsoft.Extensions.Primitives;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Fuzz.Cases;
using Pomegranate.Gateway;
using Pomegranate.Lanes;
using Pomegranate.Liveness;
using Pomegranate.Partitions;
using Pomegranate.Sessions;
using Pomegranate.Streaming;
using Pomegranate.Wire;
using static Pomegranate.Backend.Replication.ReplicationProtocol;
using static Pomegranate.Gateway.GatewayProtocol;
using WebRequest = Pomegranate.Http.WebRequest;
using WebResponse = Pomegranate.Http.WebResponse;

namespace Pomegranate.Fuzz.Targets;

/// <summary>What nodes read from each other.</summary>
internal static class WireTargets
{
    private static readonly SessionId s_id = new(0x0123456789ABCDEF, 0xFEDCBA9876543210);
    private static readonly SessionVersion s_version = new(3, 7, 0xA);
    private static readonly KeyValuePair<string, StringValues>[] s_headers = [new("Host", "shop.example"), new("Accept", new(["text/html", "*/*"])), new("Cookie", "a=b")];

    private static readonly WebRequest s_request = new()
    {
        Method = "POST",
        Scheme = "https",
        RawTarget = "/cart?item=7",
        Protocol = "HTTP/2",
        TraceIdentifier = "0HN:1",
        Headers = s_headers,
        Body = "amount=2"u8.ToArray(),
        HasBody = true,
        Client = new(IPAddress.Loopback, 50_000),
        Local = new(IPAddress.IPv6Loopback, 443),
    };

    private static readonly RequestReply s_reply = new(
        new(7, 300), ReplyKind.Response, "backend1",
        new WebResponse { StatusCode = 200, ReasonPhrase = "OK", Headers = s_headers, Trailers = [new("Check", "1")], Body = "hello"u8.ToArray() },
        new(CookieAction.Set, s_id));

    private static readonly SessionEntry s_entry = SessionEntry.Live(
        s_version, default, 1_700_000_000_000, [new("cart", s_version, [1, 2, 3]), new("gone", s_version, null), new("user", s_version, "ann"u8.ToArray())]);

    private static readonly SessionBucket s_bucket = SessionBucket.Of(
        1_600_000_000_000, [new(s_id, s_entry), new(new(1, 2), SessionEntry.Removed(s_version, 1_700_000_000_000))]);

    public static IEnumerable<FuzzTarget> All()
    {
        yield return Messages("gateway messages", new GatewaySerializer(null!),
            new RunRequest(new(7, 300), s_id, true, s_request, new("frontend1", 4711, Guid.Empty)),
            new RunRequest(new(7, 301), s_id, false, s_request, new("frontend1", 4711, Guid.Empty)) { IsInDoubt = true },
            new FindRequest(new(7, 300), s_id), new CancelRequest(new(7, 300), s_id), s_reply,
            new RequestReply(new(7, 300), ReplyKind.Refused, "backend1", Status: 503, Reason: "Full."));
        yield return Messages("replication messages", new ReplicationSerializer(null!),
            s_bucket, new Store(1, [new(s_id, s_entry)]), new Stored(1), new Fetch(1, s_id), new Fetched(1, s_entry), new Fetched(1, null),
            new Hello(true, false), new ReadDigests(1), new Digests(1, [new(4095, 99)]), new ReadPage(1, 12, s_id), new ReadPage(1, 12, null),
            new Page(1, 12, s_bucket, true), new SessionActor.ExpireIfIdle(s_id));
        yield return Messages("liveness messages", new LivenessSerializer(null!), LivenessProtocol.WherePort.Instance, new LivenessProtocol.PortIs(4711, -5));
        yield return Messages("census", new CensusSerializer(null!),
            new Census([new(Address.Parse("akka.tcp://pomegranate@lighthouse:4053"), 1), new(Address.Parse("akka.tcp://pomegranate@10.0.0.7:4053"), -2)], 1));
        yield return new("liveness greeting", [LivenessGreeting.Write(77)], bytes => LivenessGreeting.TryRead(bytes, out _));
        yield return new("stream greeting", [new StreamHello(Guid.Empty, 300, 7).ToBytes()], bytes => StreamHello.Parse(bytes) is not null, typeof(WireFormatException));
        yield return new("stream headers", [StreamHeaders.ToBytes(s_headers)], bytes => StreamHeaders.Parse(bytes) is not null, typeof(WireFormatException));
        yield return new("stream frames", [Frames()], ReadFrames, typeof(WireFormatException));
        yield return Messages("lane messages", new LaneSerializer(null!), LaneProtocol.WantTicket.Instance, new LaneTicket(4711, -5, Guid.Empty));
        yield return new("lane greeting", [new LaneHello(LaneChannel.Requests, Guid.Empty, new(Address.Parse("akka.tcp://pomegranate@f:4053"), 1)).ToBytes()],
            bytes => LaneHello.Parse(bytes) is not null, typeof(WireFormatException));
        yield return new("lane frames", [LaneFrames()], ReadLane, typeof(WireFormatException));
        yield return new("outcomes", [Outcome.Of(s_reply, new(Guid.Empty, Guid.Empty, Guid.Empty)).ToBytes(), Outcome.Of(s_reply, null).ToBytes()],
            bytes => Outcome.Read(bytes) is not null, typeof(WireFormatException));
    }

    /// <summary>The bytes of a case: which of the manifests, and the message.</summary>
    private static FuzzTarget Messages(string name, SerializerWithStringManifest serializer, params object[] messages)
    {
        string[] manifests = [.. messages.Select(serializer.Manifest).Distinct(), "?"];
        return new(
            name,
            [.. messages.Select(message => (byte[])[(byte)Array.IndexOf(manifests, serializer.Manifest(message)), .. serializer.ToBinary(message)])],
            bytes =>
            {
                var manifest = manifests[bytes.Length == 0 ? 0 : bytes[0] % manifests.Length];
                var message = serializer.FromBinary(bytes.Length == 0 ? [] : bytes[1..], manifest);
                Use(message);

                // What one node has read it may send on.
                var again = serializer.ToBinary(message);
                var twice = serializer.ToBinary(serializer.FromBinary(again, serializer.Manifest(message)));
                return again.AsSpan().SequenceEqual(twice) ? true : throw new FuzzException("Written and read again, the message is another.");
            },
            typeof(WireFormatException), typeof(SerializationException));
    }

    /// <summary>Replicas merge what they get.</summary>
    private static void Use(object message)
    {
        var bucket = message switch
        {
            SessionBucket part => part,
            Page page => page.Part,
            Store store => store.Entries.Aggregate(SessionBucket.Empty, (all, entry) => all.Merge(entry.Key, entry.Value)),
            _ => null,
        };

        // Only that it can be done. The laws of merging hold where one version has one value, which bad input breaks.
        _ = bucket is null ? 0 : s_bucket.Merge(bucket).Merge(bucket).Digest();
    }

    private static byte[] Frames()
    {
        var pipe = new Pipe();
        StreamFrame.Write(pipe.Writer, StreamFrameKind.Head, GatewaySerializer.ToBytes(s_reply));
        StreamFrame.WriteData(pipe.Writer, "some data"u8);
        StreamFrame.Write(pipe.Writer, StreamFrameKind.End, StreamHeaders.ToBytes(s_headers));
        pipe.Writer.FlushAsync().AsTask().Wait();
        pipe.Reader.TryRead(out var read);
        return read.Buffer.ToArray();
    }

    private static bool ReadFrames(byte[] bytes)
    {
        var input = PipeReader.Create(new ReadOnlySequence<byte>(bytes));
        while (Now(StreamFrame.ReadHeaderAsync(input, CancellationToken.None)) is { } frame)
        {
            if (Now(StreamFrame.ReadPayloadAsync(input, frame.Length, CancellationToken.None)) is not { } payload)
            {
                return false;
            }

            _ = frame.Kind switch
            {
                StreamFrameKind.Head => (object)GatewaySerializer.ReplyOf(payload),
                StreamFrameKind.End => StreamHeaders.Parse(payload),
                _ => payload,
            };
        }

        return true;
    }

    private static byte[] LaneFrames()
    {
        var outbox = new LaneOutbox();
        ISessionMessage[] messages = [new RunRequest(new(7, 300), s_id, true, s_request, new("frontend1", 4711, Guid.Empty)), new FindRequest(new(7, 300), s_id), new CancelRequest(new(7, 300), s_id)];
        foreach (var message in messages)
        {
            var start = outbox.Begin();
            GatewayFrames.WriteMessage(new WireWriter(outbox), message);
            outbox.TryEnd(start, GatewayFrames.KindOf(message));
        }

        var answer = outbox.Begin();
        GatewayFrames.WriteReply(new WireWriter(outbox), s_reply);
        outbox.TryEnd(answer, GatewayFrames.Reply);
        return outbox.Written.ToArray();
    }

    /// <summary>As a lane's loop does, in pieces as a network may make them.</summary>
    private static bool ReadLane(byte[] bytes)
    {
        var inbox = new LaneInbox(64);
        for (var rest = bytes.AsSpan(); !rest.IsEmpty;)
        {
            var free = inbox.Free().Span;
            var count = Math.Min(Math.Min(free.Length, rest.Length), 61);
            rest[..count].CopyTo(free);
            rest = rest[count..];
            inbox.Received(count);
            while (inbox.TryTake(out var kind, out var payload))
            {
                _ = kind >= GatewayFrames.Reply ? GatewayFrames.ReadReply(kind, payload) : (object)GatewayFrames.ReadMessage(kind, payload);
            }
        }

        return true;
    }

    /// <summary>All the bytes are here, so nothing waits.</summary>
    private static T Now<T>(ValueTask<T> task) => task.IsCompleted ? task.GetAwaiter().GetResult() : throw new FuzzException("A read waits for bytes that do not come.");
}
