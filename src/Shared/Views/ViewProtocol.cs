using System.Collections.Immutable;
using Akka.Cluster;

namespace Pomegranate.Views;

/// <summary>What the members of a cluster say to each other about an app's views. All of it may be lost, repeated or reordered.</summary>
internal static class ViewProtocol
{
    /// <summary>A message between the view nodes of one app.</summary>
    public interface IMessage;

    /// <summary>A message on the wire.</summary>
    /// <param name="App">Whose views it is about.</param>
    /// <param name="Incarnation">The sender's: its address may have had another one before.</param>
    public sealed record Envelope(string App, long Incarnation, IMessage Message);

    /// <summary>Promise to accept no lower ballot for what follows <paramref name="Last"/>, and say what you have accepted.</summary>
    /// <param name="Wait">How long it is until leases of <paramref name="Last"/> are granted.</param>
    public sealed record Prepare(View Last, Ballot Ballot, TimeSpan Wait) : IMessage;

    /// <param name="Number">Of the view to be decided.</param>
    /// <param name="AcceptedIn">The ballot of <paramref name="Accepted"/>.</param>
    /// <param name="Accepted">What the sender has accepted for this number; null if nothing.</param>
    public sealed record Promise(long Number, Ballot Ballot, Ballot AcceptedIn, View? Accepted) : IMessage;

    /// <summary>Accept that <paramref name="Next"/> follows <paramref name="Last"/>.</summary>
    /// <param name="Released">Whose leases need not be waited for: they are proven dead, or have given them up to leave.</param>
    /// <param name="Wait">How long it is until leases of <paramref name="Last"/> are granted.</param>
    public sealed record Accept(View Last, Ballot Ballot, View Next, ImmutableArray<UniqueAddress> Released, TimeSpan Wait) : IMessage;

    /// <param name="Rest">How long the sender's word still binds it to those who are left out: leases that it has granted them.</param>
    public sealed record Accepted(long Number, Ballot Ballot, TimeSpan Rest) : IMessage;

    /// <summary>There is a higher ballot already.</summary>
    public sealed record Refused(long Number, Ballot Promised) : IMessage;

    /// <summary>This view is decided.</summary>
    /// <param name="Wait">Nobody grants leases in it before so much time has passed.</param>
    public sealed record Chosen(View View, TimeSpan Wait) : IMessage;

    /// <summary>Which view do you know? Answered by <see cref="Chosen"/> where it is higher than this, else by <see cref="NoNewer"/>.</summary>
    public sealed record Which(long Number) : IMessage;

    /// <summary>The sender knows no view higher than the one asked about.</summary>
    public sealed record NoNewer(long Number) : IMessage;

    /// <summary>May the sender answer for its sessions, from the moment at which it asked?</summary>
    /// <param name="Asked">The asker's own time: comes back with the answer.</param>
    /// <param name="Length">How long it would answer, which follows from its own options.</param>
    public sealed record LeaseAsk(long Number, TimeSpan Asked, TimeSpan Length) : IMessage;

    /// <summary>It may, for the length that it asked for, from when it asked.</summary>
    public sealed record LeaseGrant(long Number, TimeSpan Asked) : IMessage;

    /// <summary>The sender holds all that was acknowledged before this view.</summary>
    public sealed record CaughtUp(long Number) : IMessage;

    /// <summary>The sender's replica is complete: let it into the next view.</summary>
    public sealed record WantIn : IMessage
    {
        public static readonly WantIn Instance = new();
    }

    /// <summary>The sender is about to end: go on without it.</summary>
    public sealed record WantOut : IMessage
    {
        public static readonly WantOut Instance = new();
    }
}
