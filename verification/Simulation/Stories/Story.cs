namespace Pomegranate.Simulation.Stories;

/// <summary>What happened in one schedule, line by line; kept only when it is to be told.</summary>
internal sealed class Story
{
    private readonly List<Line> _lines = [];

    public IReadOnlyList<Line> Lines => _lines;

    public void Add(long at, string who, string what, int session = -1) => _lines.Add(new Line(at, who, what, session));

    /// <param name="Session">Which session it is about; -1 where it is about the cluster.</param>
    internal sealed record Line(long At, string Who, string What, int Session);
}
