using Pomegranate.Backend.Sessions.Turns;
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

    /// <summary>Null until something is read.</summary>
    private SessionReads? _reads;

    /// <summary>By key; a null value removes. Null until there is one: most requests change nothing.</summary>
    private Dictionary<string, byte[]?>? _attributes;

    /// <summary>What a request that runs for the second time had found; null for any other.</summary>
    private Dictionary<string, byte[]?>? _repeated;

    /// <summary>What the session would weigh with the changes.</summary>
    private int _bytes;

    /// <summary>By key; a null value removes. Without those that the request's first run has made.</summary>
    public IReadOnlyCollection<KeyValuePair<string, byte[]?>> Attributes =>
        _attributes is null ? [] : _repeated is null ? _attributes : [.. _attributes.Where(change => !_repeated.ContainsKey(change.Key))];

    /// <summary>Whether everything that was found is swept away.</summary>
    public bool IsCleared { get; private set; }

    /// <summary>The id that the session moves to.</summary>
    public SessionId? NewId { get; private set; }

    /// <summary>Whether the session ends.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Whether attributes change.</summary>
    public bool AreAny => Attributes.Count > 0 || IsCleared;

    /// <summary>Whether there is anything to commit.</summary>
    public bool IsAny => AreAny || IsAbandoned || NewId is not null;

    /// <summary>Of the session as it would be with the changes.</summary>
    public IEnumerable<string> Keys
    {
        get
        {
            (_reads ??= new()).AddKeys(_found.LiveKeys);
            IEnumerable<string> before = IsCleared ? []
                : _repeated is null ? _found.LiveKeys
                : _found.LiveKeys.Where(key => !_repeated.ContainsKey(key)).Concat(Live(_repeated));
            return _attributes is null ? [.. before] : [.. before.Where(key => !_attributes.ContainsKey(key)), .. Live(_attributes)];

            static IEnumerable<string> Live(Dictionary<string, byte[]?> values) => values.Where(v => v.Value is not null).Select(v => v.Key);
        }
    }

    /// <summary>What the changes are made to from now on; what has been read before stays known.</summary>
    /// <param name="entry">Null for a session that does not exist yet.</param>
    public void StartFrom(SessionEntry? entry)
    {
        var former = _found;
        _found = new SessionSnapshot(entry);
        _bytes = _found.Bytes;
        foreach (var (key, value) in Attributes)
        {
            _bytes += (value is null ? 0 : SessionSize.Of(key, value)) - (_found.Find(key) is { } before ? SessionSize.Of(key, before) : 0);
        }

        _reads?.ForgetChanged(former, _found);
    }

    /// <summary>What the request has caused has changed the session: the request goes on from what that has made.</summary>
    public void GoOnFrom(SessionEntry? entry)
    {
        _reads?.Follow(_found, new SessionSnapshot(entry));
        StartFrom(entry);
    }

    /// <summary>Whether everything that was read is still so: a request that ran now would make the same changes.</summary>
    public bool StillHold(SessionEntry? now) => _reads?.Hold(new SessionSnapshot(now)) != false;

    /// <summary>Whether the changes overwrite nothing that the request has read and others have changed since.</summary>
    public bool OverwriteNothing(SessionEntry? now)
    {
        var snapshot = new SessionSnapshot(now);
        return ReadAndChanged.All(read => read.Value == snapshot.VersionOf(read.Key));
    }

    /// <summary>
    /// What of the changed was read before, in which version. For a request that cannot be run again: what it only read does not
    /// matter then, as that may have been hours ago.
    /// </summary>
    public IEnumerable<KeyValuePair<string, SessionVersion>> ReadAndChanged =>
        _reads?.Versions().Where(read => IsCleared || _attributes?.ContainsKey(read.Key) == true) ?? [];

    /// <summary>
    /// The app's own copy of a value: it may do with it what it likes, as the session, its other requests and what is still to be
    /// sent have theirs.
    /// </summary>
    public byte[]? Find(string key)
    {
        if (_reads?.Given(key) is { } given)
        {
            return given;
        }

        var isChanged = false;
        byte[]? value = null;
        if (_attributes is not null)
        {
            isChanged = _attributes.TryGetValue(key, out value);
        }

        if (!isChanged && !IsCleared && _repeated?.TryGetValue(key, out value) == true)
        {
            // It is to be answered as the first time.
        }
        else if (!isChanged && !IsCleared)
        {
            value = _found.Find(key);
            (_reads ??= new()).Add(key, _found.VersionOf(key));
        }

        if (value is null)
        {
            return null;
        }

        var copy = value.AsSpan().ToArray();
        (_reads ??= new()).Give(key, copy);
        return copy;
    }

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
        _reads?.Forget(key);
    }

    public void Remove(string key)
    {
        _bytes -= SizeNow(key);
        _reads?.Forget(key);
        if ((!IsCleared && _found.Find(key) is not null) || _repeated?.ContainsKey(key) == true)
        {
            Change(key, null);
        }
        else
        {
            // That there is nothing to remove is something that was read.
            _attributes?.Remove(key);
            if (!IsCleared)
            {
                (_reads ??= new()).Add(key, default);
            }
        }
    }

    public void Clear()
    {
        _attributes?.Clear();
        _bytes = 0;
        IsCleared = true;
        _reads?.ForgetAll();
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
            (_reads ??= new()).Add(key, _found.VersionOf(key));
            _bytes += (value is null ? 0 : SessionSize.Of(key, value)) - SizeNow(key);
            Change(key, value);
        }
    }

    /// <summary>
    /// The request's first run was committed, its node died before the answer, and others have changed the session since: it sees
    /// what it saw the first time, and what it changes of that is part of the session already.
    /// </summary>
    public void Repeat(IReadOnlyCollection<KeyValuePair<string, byte[]?>> former) => _repeated = new(former, StringComparer.Ordinal);

    /// <summary>The response starts: what comes now, the first run has not come to.</summary>
    public void EndRepeat() => _repeated = null;

    /// <summary>
    /// They are part of the session now, and the request knows what it has made of what it had read. What moves or ends it stays:
    /// that is committed once.
    /// </summary>
    /// <param name="version">What a changed attribute has now.</param>
    public void Committed(Func<string, SessionVersion> version)
    {
        _reads?.Follow(key =>
            _attributes is not null && _attributes.TryGetValue(key, out var value) ? (value is null ? default : version(key))
            : IsCleared ? default(SessionVersion) : null);
        Forget();
    }

    /// <summary>They are not part of the session, and are not tried again.</summary>
    public void Forget()
    {
        _attributes?.Clear();
        IsCleared = false;
    }

    private void Change(string key, byte[]? value) => (_attributes ??= new(StringComparer.Ordinal))[key] = value;

    /// <summary>No reading: the app learns nothing of it.</summary>
    private int SizeNow(string key)
    {
        var value = _attributes is not null && _attributes.TryGetValue(key, out var changed) ? changed : IsCleared ? null : _found.Find(key);
        return value is null ? 0 : SessionSize.Of(key, value);
    }
}
