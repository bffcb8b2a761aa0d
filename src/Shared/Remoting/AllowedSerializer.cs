using System.Collections.Frozen;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Remote.Serialization;
using Akka.Serialization;

namespace Pomegranate.Remoting;

/// <summary>One of Akka's own serializers, of whose messages only some are read.</summary>
internal abstract class AllowedSerializer(ExtendedActorSystem system, int identifier) : SerializerWithStringManifest(system)
{
    private readonly WireRefusals _refusals = new(system);

    public override int Identifier => identifier;

    public override object FromBinary(byte[] bytes, string manifest) => Read(bytes, manifest) ?? throw _refusals.Of(Identifier, manifest);

    /// <summary>Null where that is none of those.</summary>
    protected abstract object? Read(byte[] bytes, string manifest);
}

/// <summary>
/// Who is there, and heartbeats. Not: exceptions, which are made by the name of their type; and what kills an actor.
/// </summary>
internal sealed class AllowedMisc(ExtendedActorSystem system) : AllowedSerializer(system, 16)
{
    // Identify, ActorIdentity, IActorRef, RemoteWatcher's Heartbeat and HeartbeatRsp, Status.Success.
    private static readonly FrozenSet<string> s_allowed = FrozenSet.Create(["ID", "AID", "AR", "RWHB", "RWHR", "STS"]);

    private readonly MiscMessageSerializer _akkas = new(system);

    public override string Manifest(object o) => _akkas.Manifest(o);

    public override byte[] ToBinary(object obj) => _akkas.ToBinary(obj);

    protected override object? Read(byte[] bytes, string manifest) => s_allowed.Contains(manifest) ? _akkas.FromBinary(bytes, manifest) : null;
}

/// <summary>Watching an actor, and news of its end. Not: what makes, stops or fails one.</summary>
internal sealed class AllowedSystemMessages(ExtendedActorSystem system) : AllowedSerializer(system, 22)
{
    private static readonly FrozenDictionary<string, Type> s_allowed = new[] { typeof(Watch), typeof(Unwatch), typeof(DeathWatchNotification) }
        .ToFrozenDictionary(NameOf);

    private readonly SystemMessageSerializer _akkas = new(system);

    public override string Manifest(object o) => NameOf(o.GetType());

    public override byte[] ToBinary(object obj) => _akkas.ToBinary(obj);

    protected override object? Read(byte[] bytes, string manifest) =>
        s_allowed.TryGetValue(manifest, out var type) ? _akkas.FromBinary(bytes, type) : null;

    /// <summary>As Akka's own serializer has it.</summary>
    private static string NameOf(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
