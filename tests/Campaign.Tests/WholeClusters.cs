namespace Pomegranate.Campaign.Tests;

/// <summary>Tests of six processes each run one after another: side by side, two cores starve both.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeClusters
{
    public const string Name = "whole clusters";
}
