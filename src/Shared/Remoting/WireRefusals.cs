using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Pomegranate.Management;

namespace Pomegranate.Remoting;

/// <summary>
/// What is not read from the wire: counted each time, and said in the log once for each kind. Thread-safe.
/// </summary>
internal sealed class WireRefusals(ActorSystem system)
{
    /// <summary>Kinds that are remembered: who makes them up must not fill the memory.</summary>
    private const int MostKinds = 50;

    private static readonly Counter<long> Refused = PomegranateMeter.Meter.CreateCounter<long>(
        "pomegranate.remoting.refused", "{message}", "Messages from the network that no node of ours sends, and that were not read.");

    private readonly ConcurrentDictionary<string, bool> _said = [];

    /// <summary>The exception with which Akka.Remote drops the message and goes on.</summary>
    public SerializationException Of(int serializer, string manifest)
    {
        Refused.Add(1, new KeyValuePair<string, object?>("serializer", serializer));
        var kind = $"serializer {serializer}, manifest '{(manifest.Length > 100 ? manifest[..100] : manifest)}'";
        if (_said.Count < MostKinds && _said.TryAdd(kind, true))
        {
            // Made here: serializers are made before the system has a log.
            Logging.GetLogger(system, typeof(WireRefusals)).Warning(
                "A message from the network was refused ({0}): no node of ours sends such. Somebody else reaches this node's cluster port; see docs/operations.md.", kind);
        }

        return new SerializationException($"Refused: {kind}.");
    }
}
