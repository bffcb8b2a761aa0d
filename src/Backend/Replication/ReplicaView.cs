using Pomegranate.Views;

namespace Pomegranate.Backend.Replication;

/// <summary>
/// The view in which this node's replica speaks: it acknowledges writes and answers reads of that one alone. Set by
/// <see cref="ReplicaSync"/>, once a restart would know it. Thread-safe.
/// </summary>
internal sealed class ReplicaView
{
    /// <summary>The number of no view.</summary>
    public const long None = -1;

    private volatile View? _current;

    /// <summary>Null before this node has heard of one.</summary>
    public View? Current => _current;

    public long Number => _current?.Number ?? None;

    /// <summary>
    /// Whether a peer's write is merged. One of an earlier view is not: nobody counts on it, and its home may know less than
    /// what has been answered since. A home that is in this view too sends it again. One of a later view is, though not acknowledged.
    /// </summary>
    public bool Takes(ReplicationProtocol.Store store) => store.View >= Number;

    public void Set(View view) => _current = view;
}
