using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>A member of the cluster as gossip knows it: Up or leaving, and not downed.</summary>
/// <param name="IsBackend">Whether it is a backend of the app.</param>
/// <param name="UpNumber">The order in which members became Up.</param>
/// <param name="IsReachable">Whether nobody who is reachable itself has reported it unreachable.</param>
internal sealed record ViewMember(UniqueAddress Address, bool IsBackend, int UpNumber, bool IsReachable);
