using System.Runtime.InteropServices;
using Pomegranate.Backend.State;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// What one request makes of its session, until it is committed: attributes set and removed over those that it found, a
/// clear, a new id, the end. Keeps the session within its limits of size.
/// </summary>
internal sealed class SessionChanges
{
    private SessionSnapshot _found;

    /// <summary>By key; a null value removes. Null until there is one: most requests change nothing.</summary>
    private Dictionary<string, byte[]?>? _attributes;

    /// <summary>What the session would weigh with the changes.</summary>
    private int _bytes;

    /// <summary>By key; a null value removes.</summary>
    public IReadOnlyCollection<KeyValuePair<string, byte[]?>> Attributes => _attributes is null ? [] : _attributes;

    /// <summary>Whether everything that was found is swept away.</summary>
    public bool IsCleared { get; private set; }

    /// <summary>The id that the session moves to.</summary>
    public SessionId? NewId { get; private set; }

    /// <summary>Whether the session ends.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Of the session as it would be with the changes.</summary>
    public IEnumerable<string> Keys =>
    [
        .. MemoryMarshal.ToEnumerable(_found.Attributes)
            .Where(a => !a.IsRemoved && !IsCleared && _attributes?.ContainsKey(a.Key) != true).Select(a => a.Key)
            .Concat(Attributes.Where(c => c.Value is not null).Select(c => c.Key)),
    ];

    /// <summary>What the changes are made to from now on.</summary>
    /// <param name="entry">Null for a session that does not exist yet.</param>
    public void StartFrom(SessionEntry? entry)
    {
        _found = new SessionSnapshot(entry);
        _bytes = _found.Bytes;
    }

    public byte[]? Find(string key) =>
        _attributes is not null && _attributes.TryGetValue(key, out var changed) ? changed
        : IsCleared ? null
        : _found.Find(key);

    /// <summary>What can be said of an attribute before the session is used.</summary>
    /// <exception cref="InvalidOperationException">It is too large.</exception>
    /// <exception cref="ArgumentException">No app may have such a key.</exception>
    public static void RefuseUnfit(string key, byte[] value, ClusterSessionOptions limits)
    {
        if (value.Length > limits.MaxAttributeBytes)
        {
            throw new InvalidOperationException(
                $"Session attribute '{key}' has {value.Length} bytes and Pomegranate:Session:MaxAttributeBytes is {limits.MaxAttributeBytes}. "
                + "Store less, or raise the limit: every backend keeps a copy.");
        }

        if (LastRequest.IsReserved(key))
        {
            throw new ArgumentException("A session attribute's key must not begin with a NUL character: such keys are Pomegranate's own.", nameof(key));
        }
    }

    /// <exception cref="InvalidOperationException">The attribute would make the session too large.</exception>
    public void Set(string key, byte[] value, ClusterSessionOptions limits)
    {
        var bytes = _bytes + SessionSize.Of(key, value) - SizeNow(key);
        if (bytes > limits.MaxSessionBytes)
        {
            throw new InvalidOperationException(
                $"With attribute '{key}' the session has {bytes} bytes and Pomegranate:Session:MaxSessionBytes is {limits.MaxSessionBytes}. "
                + "Store less, or raise the limit: every backend keeps a copy.");
        }

        _bytes = bytes;

        // The caller may go on using its array.
        Change(key, value.AsSpan().ToArray());
    }

    public void Remove(string key)
    {
        _bytes -= SizeNow(key);
        if (!IsCleared && _found.Find(key) is not null)
        {
            Change(key, null);
        }
        else
        {
            _attributes?.Remove(key);
        }
    }

    public void Clear()
    {
        _attributes?.Clear();
        _bytes = 0;
        IsCleared = true;
    }

    public void RenewId() => NewId ??= SessionId.NewRandom();

    /// <summary>Until the session has ended it reads as empty.</summary>
    public void Abandon()
    {
        Clear();
        IsAbandoned = true;
    }

    /// <summary>
    /// The request's first run was committed, but its node died before the answer: it now runs on the session as it was
    /// before, and what the first run changed is part of its changes.
    /// </summary>
    public void Undo(IReadOnlyCollection<KeyValuePair<string, byte[]?>> former)
    {
        foreach (var (key, value) in former)
        {
            Change(key, value);
        }
    }

    /// <summary>They are part of the session now. What moves or ends it stays: that is committed once.</summary>
    public void Committed()
    {
        _attributes?.Clear();
        IsCleared = false;
    }

    private void Change(string key, byte[]? value) => (_attributes ??= new(StringComparer.Ordinal))[key] = value;

    private int SizeNow(string key) => Find(key) is { } value ? SessionSize.Of(key, value) : 0;
}
