using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>An attempt to have the next view decided: ordered, and no two proposers have the same one.</summary>
internal readonly record struct Ballot(int Round, UniqueAddress? Proposer) : IComparable<Ballot>
{
    public int CompareTo(Ballot other) => Round != other.Round ? Round.CompareTo(other.Round)
        : Comparer<UniqueAddress?>.Default.Compare(Proposer, other.Proposer);

    public static bool operator <(Ballot left, Ballot right) => left.CompareTo(right) < 0;

    public static bool operator >(Ballot left, Ballot right) => left.CompareTo(right) > 0;

    public static bool operator <=(Ballot left, Ballot right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Ballot left, Ballot right) => left.CompareTo(right) >= 0;
}
