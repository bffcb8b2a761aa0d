using Akka.Actor;
using Akka.TestKit.Xunit2;
using Pomegranate.Liveness;
using Pomegranate.Wire;

namespace Pomegranate.Shared.Tests.Liveness;

public sealed class LivenessSerializerTests : TestKit
{
    private readonly LivenessSerializer _serializer;

    public LivenessSerializerTests() => _serializer = new LivenessSerializer((ExtendedActorSystem)Sys);

    [Fact]
    public void WherePort_Golden() => RoundTrips(LivenessProtocol.WherePort.Instance, "W", "01");

    [Fact]
    public void PortIs_Golden() =>
        // revision 1, port 9120 as a varint, incarnation -2
        RoundTrips(new LivenessProtocol.PortIs(9120, -2), "P", "01" + "A047" + "FFFFFFFFFFFFFFFE");

    [Theory]
    [InlineData("", "W")]
    [InlineData("02", "W")]
    [InlineData("0100", "W")]
    [InlineData("01", "X")]
    [InlineData("01A047", "P")]
    [InlineData("01000000000000000001", "P")]
    [InlineData("018080040000000000000001", "P")]
    public void FromBinary_Malformed_FailsLoudly(string hex, string manifest) =>
        Assert.Throws<WireFormatException>(() => _serializer.FromBinary(Convert.FromHexString(hex), manifest));

    private void RoundTrips(object message, string manifest, string hex)
    {
        Assert.Equal(7102, _serializer.Identifier);
        Assert.Equal(manifest, _serializer.Manifest(message));
        Assert.Equal(hex, Convert.ToHexString(_serializer.ToBinary(message)));
        Assert.Equal(message, _serializer.FromBinary(Convert.FromHexString(hex), manifest));
    }
}
