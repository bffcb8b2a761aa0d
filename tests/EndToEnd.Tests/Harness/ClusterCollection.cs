namespace Pomegranate.EndToEnd.Tests.Harness;

/// <summary>Tests that run whole clusters take turns: two at once would starve each other on two cores.</summary>
[CollectionDefinition("cluster", DisableParallelization = true)]
public class ClusterCollection;
