using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace Pomegranate.Remoting;

/// <summary>
/// Stands in for one of Akka's serializers that reads more than our nodes say to each other: types that are named on the wire, actors to
/// be deployed. It reads and writes nothing.
/// </summary>
internal abstract class RefusedSerializer(ExtendedActorSystem system, int identifier) : SerializerWithStringManifest(system)
{
    private readonly WireRefusals _refusals = new(system);

    public override int Identifier => identifier;

    public override string Manifest(object o) => "";

    /// <exception cref="SerializationException">Always.</exception>
    public override byte[] ToBinary(object obj) => throw new SerializationException(
        $"{obj.GetType().FullName} has no serializer of its own, and other nodes read only what has. Between nodes send strings, numbers or bytes, or use an actor system of your own (docs/adopt.md).");

    /// <exception cref="SerializationException">Always.</exception>
    public override object FromBinary(byte[] bytes, string manifest) => throw _refusals.Of(Identifier, manifest);
}

/// <summary>In place of Json.NET, which makes whatever type the message names: CWE-502.</summary>
/// <param name="settings">Of the one that it stands for: Akka hands them over where there are any.</param>
#pragma warning disable CS9113 // There is nothing to set.
internal sealed class NoJson(ExtendedActorSystem system, Config settings) : RefusedSerializer(system, 1);
#pragma warning restore CS9113

/// <summary>In place of the one for any Protobuf message of any assembly.</summary>
internal sealed class NoProtobuf(ExtendedActorSystem system) : RefusedSerializer(system, 2);

/// <summary>In place of the one for <c>Props</c>, by which another process starts an actor here.</summary>
internal sealed class NoDeployment(ExtendedActorSystem system) : RefusedSerializer(system, 3);

/// <summary>In place of the one for Akka.Delivery, which no node uses.</summary>
internal sealed class NoDelivery(ExtendedActorSystem system) : RefusedSerializer(system, 36);
