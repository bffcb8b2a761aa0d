namespace Pomegranate.Campaign.Histories;

/// <summary>The whole session as one request saw it.</summary>
/// <param name="Owner">The session's name; null where there was no such session.</param>
/// <param name="Log">The numbers of the operations appended, in order.</param>
/// <param name="Registers">The number of the operation that last wrote each register.</param>
/// <param name="Node">Which backend ran the request.</param>
internal sealed record Observation(string? Owner, IReadOnlyList<long> Log, IReadOnlyDictionary<string, long> Registers, string? Node)
{
    /// <summary>Whether it is the same answer, to the letter.</summary>
    public bool IsSameAs(Observation other) =>
        Owner == other.Owner && Node == other.Node && Log.SequenceEqual(other.Log)
        && Registers.OrderBy(register => register.Key).SequenceEqual(other.Registers.OrderBy(register => register.Key));
}
