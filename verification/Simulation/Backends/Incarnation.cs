using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Simulation.Cluster;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Simulation.Backends;

/// <summary>A session at its home: as <c>LiveSession</c>, whose commit is written for tasks.</summary>
/// <param name="recovered">What the replicas knew, claimed for this home; null for a session that does not exist.</param>
/// <param name="isRead">The replicas were asked.</param>
internal sealed class Incarnation(Process self, SessionEntry? recovered, bool isRead)
{
    private readonly uint _epoch = recovered is null ? (isRead ? 2u : 1u) : recovered.IsClaim && recovered.Version.Writer == WriterOf(self) ? recovered.Version.Epoch : recovered.Version.Epoch + 1;
    private readonly ulong _writer = WriterOf(self);
    private uint _sequence;
    private ulong _nextOutcome = Outcomes.Next(recovered);

    /// <summary>Marks a process's versions.</summary>
    public static ulong WriterOf(Process process) => (ulong)(process.Id + 1);

    public SessionVersion Ballot => new(_epoch, 0, _writer);

    public SessionEntry? Entry { get; private set; } = recovered;

    public SessionChanges Begin(RequestId request, bool undoes)
    {
        var changes = new SessionChanges();
        changes.StartFrom(Entry);
        if (undoes && Entry is { } entry && LastRequest.Undo(entry, request) is { } former)
        {
            self.World.Count("earlier run undone");
            changes.Undo(former);
        }

        return changes;
    }

    /// <summary>What is to be committed.</summary>
    public SessionEntry Prepare(RequestId request, SessionChanges changes, RequestReply? outcome)
    {
        var version = new SessionVersion(_epoch, ++_sequence, _writer);
        var attributes = new List<SessionAttribute>();
        if (outcome is not null)
        {
            attributes.AddRange(Outcomes.Add(Entry, Outcome.Of(outcome, null) with { Number = _nextOutcome++ }, version, SessionContent.Limits));
        }
        else
        {
            attributes.Add(LastRequest.Attribute(request, version, Entry, changes.Attributes));
        }

        attributes.AddRange(changes.Attributes.Select(change => new SessionAttribute(change.Key, version, change.Value)));
        return SessionEntry.Live(version, default, 1, attributes);
    }

    public void Committed(SessionEntry delta) => Entry = Entry is null ? delta : Entry.Merge(delta);
}
