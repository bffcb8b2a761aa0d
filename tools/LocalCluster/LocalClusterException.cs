namespace Pomegranate.LocalCluster;

/// <summary>The cluster cannot run; the message says why and what to do, and is all that is shown.</summary>
internal sealed class LocalClusterException(string message) : Exception(message);
