using Pomegranate.Lanes;
using Pomegranate.Wire;

namespace Pomegranate.Shared.Tests.Lanes;

public sealed class LaneSerializerTests
{
    private readonly LaneSerializer _serializer = new(null!);

    [Fact]
    public void WantTicket_Golden() => RoundTrips(LaneProtocol.WantTicket.Instance, "w1", "");

    [Fact]
    public void Ticket_Golden() => RoundTrips(
        // port 9120 as a varint, incarnation -2, secret
        new LaneTicket(9120, -2, new Guid("00112233-4455-6677-8899-AABBCCDDEEFF")), "t1", "A047" + "FFFFFFFFFFFFFFFE" + "10" + "33221100554477668899AABBCCDDEEFF");

    [Theory]
    [InlineData("00", "w1")]
    [InlineData("", "t1")]
    [InlineData("", "x1")]
    [InlineData("00FFFFFFFFFFFFFFFE1033221100554477668899AABBCCDDEEFF", "t1")]
    [InlineData("A047FFFFFFFFFFFFFFFE0F33221100554477668899AABBCCDDEE", "t1")]
    public void FromBinary_Malformed_FailsLoudly(string hex, string manifest) =>
        Assert.Throws<WireFormatException>(() => _serializer.FromBinary(Convert.FromHexString(hex), manifest));

    private void RoundTrips(object message, string manifest, string hex)
    {
        Assert.Equal(7106, _serializer.Identifier);
        Assert.Equal(manifest, _serializer.Manifest(message));
        Assert.Equal(hex, Convert.ToHexString(_serializer.ToBinary(message)));
        Assert.Equal(message, _serializer.FromBinary(Convert.FromHexString(hex), manifest));
    }
}
