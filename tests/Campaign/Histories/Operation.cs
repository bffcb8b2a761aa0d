using System.Text.Json.Serialization;

namespace Pomegranate.Campaign.Histories;

/// <summary>One invocation and its outcome: a line of the history.</summary>
/// <param name="Number">Unique in the run, ascending with the start.</param>
/// <param name="Session">Whose session: a name of the client's own, which the session holds as its owner.</param>
/// <param name="Client">Clients are sequential; a session may have several.</param>
/// <param name="Register">Which register a <see cref="OperationKind.Write"/> writes.</param>
/// <param name="Start">When it was sent, ms since the run began, of the one clock all clients share.</param>
/// <param name="End">When its outcome was known.</param>
/// <param name="Status">The HTTP status; 0 where there was no answer.</param>
/// <param name="Note">What came instead of a good answer.</param>
/// <param name="Key">For <see cref="OperationKind.AppendKeyed"/>: the number of the first of those with this key, which is what they append.</param>
internal sealed record Operation(
    long Number,
    string Session,
    int Client,
    OperationKind Kind,
    string? Register,
    double Start,
    double End,
    string Frontend,
    int Status,
    Outcome Outcome,
    Observation? Seen,
    string? Note = null,
    long? Key = null)
{
    [JsonIgnore]
    public bool IsAppend =>
        Kind is OperationKind.AppendPost or OperationKind.AppendPut or OperationKind.AppendOnce or OperationKind.AppendKeyed
            or OperationKind.AppendHeld or OperationKind.AppendLate;

    /// <summary>What it leaves in the log or the register: its number, or that of the one it repeats.</summary>
    [JsonIgnore]
    public long Effect => Key ?? Number;
}
