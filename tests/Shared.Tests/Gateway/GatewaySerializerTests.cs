using System.Net;
using System.Net.Security;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pomegranate.Gateway;
using Pomegranate.Http;
using Pomegranate.Sessions;
using Pomegranate.Streaming;
using Pomegranate.Wire;
using static Pomegranate.Gateway.GatewayProtocol;
using WebRequest = Pomegranate.Http.WebRequest;
using WebResponse = Pomegranate.Http.WebResponse;

namespace Pomegranate.Shared.Tests.Gateway;

public class GatewaySerializerTests : TestKit
{
    private static readonly RunRequest Run = new(
        new RequestId(0xABCD, 300), new SessionId(1, 2), true,
        new WebRequest
        {
            Method = "POST",
            Scheme = "https",
            RawTarget = "/a%2Fb?x=1",
            Protocol = "HTTP/1.1",
            TraceIdentifier = "t1",
            Client = new IPEndPoint(IPAddress.Loopback, 80),
            Headers = [new("Host", "h"), new("X-Two", new[] { "1", "2" })],
            HasBody = true,
            Body = new byte[] { 9, 8 },
        },
        new StreamTicket("f", 300, new Guid("00112233-4455-6677-8899-AABBCCDDEEFF")));

    private const string GoldenRun =
        "000000000000ABCD" + "AC02" + // request id: frontend, number 300
        "00000000000000010000000000000002" + "01" + // session id, fresh
        "04504F5354" + "056874747073" + "0A2F6125324662" + "3F783D31" + "08485454502F312E31" + "027431" + // POST https target protocol trace
        "01" + "047F000001" + "50" + // client 127.0.0.1:80
        "00" + // no local end point
        "02" + "04486F7374" + "01" + "0168" + "05582D54776F" + "02" + "0131" + "0132" + // two headers
        "01" + "00" + "020908" + // a body of two bytes, not streamed
        "0166" + "AC02" + "10" + "33221100554477668899AABBCCDDEEFF"; // the stream's ticket

    private readonly GatewaySerializer _serializer;

    public GatewaySerializerTests() => _serializer = new GatewaySerializer((ExtendedActorSystem)Sys);

    [Fact]
    public void ToBinary_GoldenRequest_IsGoldenBytes() => Assert.Equal(GoldenRun, Convert.ToHexString(_serializer.ToBinary(Run)));

    [Fact]
    public void FromBinary_GoldenRequest_IsTheRequest()
    {
        var read = Assert.IsType<RunRequest>(_serializer.FromBinary(Convert.FromHexString(GoldenRun), "r2"));
        Assert.Equal(Run.RequestId, read.RequestId);
        Assert.Equal(Run.SessionId, read.SessionId);
        Assert.Equal("/a%2Fb?x=1", read.Request.RawTarget);
        Assert.Equal("1,2", read.Request.Headers[1].Value.ToString());
        Assert.Equal(Run.Request.Client, read.Request.Client);
        Assert.Equal(new byte[] { 9, 8 }, read.Request.Body.ToArray());
    }

    [Theory]
    [InlineData(false, "022F61" + "00")]
    [InlineData(true, "022F61" + "01")]
    public void RequestOfAMount_PathBaseAndDoubtGoBefore(bool isInDoubt, string golden)
    {
        var mounted = Run with { Request = Run.Request with { PathBase = "/a" }, IsInDoubt = isInDoubt };

        Assert.Equal("r4", _serializer.Manifest(mounted));
        Assert.Equal(golden + GoldenRun, Convert.ToHexString(_serializer.ToBinary(mounted)));
        var read = Assert.IsType<RunRequest>(_serializer.FromBinary(Convert.FromHexString(golden + GoldenRun), "r4"));
        Assert.Equal(("/a", isInDoubt), (read.Request.PathBase, read.IsInDoubt));
    }

    [Fact]
    public void RequestWithFacts_DoubtPathBaseAndFactsGoBefore()
    {
        var facts = new ConnectionFacts
        {
            Prefix = "/p",
            HttpsPort = 443,
            Tls = new TlsFacts { Protocol = 12288, CipherSuite = TlsCipherSuite.TLS_AES_128_GCM_SHA256, ServerName = "s", Algorithms = [1, 2, 3, 4, 5, 6], ClientCertificate = new byte[] { 7 } },
        };
        const string golden = "01" + "022F61" // in doubt, path base /a
            + "04" + "01" + "022F70" + "02" + "02BB03" // four facts: the prefix, the port 443
            + "03" + "0D" + "8060" + "01" + "8126" + "0173" + "010203040506" // TLS 1.3, a suite, the name s, six numbers
            + "04" + "0107"; // a certificate
        var run = Run with { Request = Run.Request with { PathBase = "/a", Facts = facts }, IsInDoubt = true };

        Assert.Equal("r6", _serializer.Manifest(run));
        Assert.Equal(golden + GoldenRun, Convert.ToHexString(_serializer.ToBinary(run)));
        var read = Assert.IsType<RunRequest>(_serializer.FromBinary(Convert.FromHexString(golden + GoldenRun), "r6"));
        Assert.Equal(("/a", true, "/p", 443), (read.Request.PathBase, read.IsInDoubt, read.Request.Facts!.Prefix, read.Request.Facts.HttpsPort));
        Assert.Equal(_serializer.ToBinary(run), _serializer.ToBinary(read));
    }

    [Fact]
    public void RequestWithFacts_OneOfALaterBuild_IsPassedOver()
    {
        var read = Assert.IsType<RunRequest>(_serializer.FromBinary(Convert.FromHexString("00" + "00" + "02" + "63" + "03010203" + "02" + "0150" + GoldenRun), "r6"));

        Assert.Equal(80, read.Request.Facts!.HttpsPort);
    }

    [Fact]
    public void RequestWithFacts_Truncated_IsRefused()
    {
        var bytes = Convert.FromHexString("00" + "00" + "02" + "02" + "0150" + "03" + "0A" + "00" + "00" + "00" + "00" + "000000000000" + GoldenRun);
        _serializer.FromBinary(bytes, "r6");
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<WireFormatException>(() => _serializer.FromBinary(bytes[..length], "r6"));
        }
    }

    [Fact]
    public void RequestForANode_PathBaseDoubtAndFactsIfAnyGoBefore()
    {
        var forNode = Run with { IsForNode = true, IsInDoubt = true };
        var withFacts = forNode with { Request = Run.Request with { PathBase = "/a", Facts = new ConnectionFacts { HttpsPort = 443 } }, IsInDoubt = false };

        Assert.Equal("r5", _serializer.Manifest(forNode));
        Assert.Equal("000100" + GoldenRun, Convert.ToHexString(_serializer.ToBinary(forNode)));
        Assert.Equal("r5", _serializer.Manifest(withFacts));
        Assert.Equal("022F61" + "00" + "01" + "0102" + "02BB03" + GoldenRun, Convert.ToHexString(_serializer.ToBinary(withFacts)));
        var read = Assert.IsType<RunRequest>(_serializer.FromBinary(Convert.FromHexString("000100" + GoldenRun), "r5"));
        Assert.True(read is { IsForNode: true, IsInDoubt: true, Request.Facts: null });
        Assert.Equal(_serializer.ToBinary(withFacts), _serializer.ToBinary(_serializer.FromBinary(_serializer.ToBinary(withFacts), "r5")));
    }

    [Fact]
    public void Batch_IsItsItemsInOrder_EachBehindItsKind()
    {
        ISessionMessage[] items = [Run, Run with { IsInDoubt = true }, new FindRequest(Run.RequestId, Run.SessionId), new CancelRequest(Run.RequestId, Run.SessionId)];
        var id = GoldenRun[..20] + GoldenRun[20..52];
        var golden = "04" + "00" + GoldenRun + "01" + GoldenRun + "03" + id + "04" + id;

        Assert.Equal(golden, Convert.ToHexString(_serializer.ToBinary(new SessionMessages(items))));
        var read = Assert.IsType<SessionMessages>(_serializer.FromBinary(Convert.FromHexString(golden), "b1"));
        Assert.Equal(items.Select(_serializer.Manifest), read.Items.Select(_serializer.Manifest));
        Assert.Equal(items[2..], read.Items.Skip(2));
    }

    [Fact]
    public void BatchOfReplies_ComesThroughInOrder()
    {
        RequestReply[] items = [new(Run.RequestId, ReplyKind.NotSeen, "n"), new(Run.RequestId, ReplyKind.Refused, "n", Status: 503, Reason: "full")];

        var read = Assert.IsType<Replies>(_serializer.FromBinary(_serializer.ToBinary(new Replies(items)), "B1"));

        Assert.Equal(items, read.Items);
    }

    [Fact]
    public void RequestInDoubt_SameBytesUnderItsOwnManifest()
    {
        // A build that does not know the manifest must not run the request; one that does reads it as ever.
        var inDoubt = Run with { IsInDoubt = true };

        Assert.Equal(("r2", "r3"), (_serializer.Manifest(Run), _serializer.Manifest(inDoubt)));
        Assert.Equal(GoldenRun, Convert.ToHexString(_serializer.ToBinary(inDoubt)));
        Assert.True(Assert.IsType<RunRequest>(_serializer.FromBinary(Convert.FromHexString(GoldenRun), "r3")).IsInDoubt);
        Assert.False(Assert.IsType<RunRequest>(_serializer.FromBinary(Convert.FromHexString(GoldenRun), "r2")).IsInDoubt);
    }

    [Fact]
    public void Reply_WrittenAndRead_IsTheSame()
    {
        var reply = new RequestReply(
            new RequestId(1, 2), ReplyKind.Response, "backend1",
            new WebResponse { StatusCode = 201, ReasonPhrase = "Made", Headers = [new("A", "b")], Body = new byte[] { 1 }, Trailers = [new("T", "u")] },
            new CookieChange(CookieAction.Set, new SessionId(3, 4)));

        // Golden: nodes of two builds speak it.
        const string Golden =
            "0000000000000001" + "02" + "01" + "086261636B656E6431" // request id, a response, backend1
            + "01" + "0000000000000003" + "0000000000000004" // the cookie is set to this id
            + "00" + "00" + "01" // no status or reason of ours, but a response:
            + "C901" + "01" + "044D616465" // 201, Made
            + "01" + "0141" + "01" + "0162" + "01" + "0154" + "01" + "0175" // A: b, the trailer T: u
            + "01" + "01"; // the body
        var bytes = _serializer.ToBinary(reply);
        var read = Assert.IsType<RequestReply>(_serializer.FromBinary(Convert.FromHexString(Golden), "R1"));

        Assert.Equal(("R1", Golden), (_serializer.Manifest(reply), Convert.ToHexString(bytes)));
        Assert.Equal(bytes, _serializer.ToBinary(read));
        Assert.Equal(reply.Cookie, read.Cookie);
        Assert.Equal(201, read.Response!.StatusCode);
    }

    [Fact]
    public void FromBinary_Truncated_IsRefused()
    {
        var bytes = Convert.FromHexString(GoldenRun);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<WireFormatException>(() => _serializer.FromBinary(bytes[..length], "r2"));
        }
    }

    [Fact]
    public void FromBinary_UnknownManifest_IsRefused() =>
        Assert.Throws<WireFormatException>(() => _serializer.FromBinary([], "r9"));

    [Property(MaxTest = 3000)]
    public Property FromBinary_AnyBytes_FailsOnlyAsFormat() => Prop.ForAll(
        Gen.Zip(ArbMap.Default.GeneratorFor<byte[]>(), Gen.Elements("r2", "r3", "r4", "f1", "c1", "R1", "b1", "B1")).ToArbitrary(),
        sample =>
        {
            try
            {
                _serializer.FromBinary(sample.Item1 ?? [], sample.Item2);
            }
            catch (WireFormatException)
            {
                // What it should do with what it cannot read.
            }

            return true;
        });
}
