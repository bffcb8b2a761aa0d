using System.Runtime.InteropServices;
using Pomegranate.Backend.State;

namespace Pomegranate.Backend.Sessions.Turns;

/// <summary>
/// What the app has been shown of its session in a request, and in which version, so that it can be told whether what it makes
/// of that is still right: until the request ends, as the app may write late what it has read early. Not thread-safe: the
/// request's own.
/// </summary>
internal sealed class SessionReads
{
    private readonly Dictionary<string, Shown> _shown = new(StringComparer.Ordinal);

    /// <summary>All keys that there were, where the app has asked for them.</summary>
    private string[]? _keys;

    /// <summary>The array that the app was given for a value: in one request it is the same each time, as with ASP.NET Core's session.</summary>
    public byte[]? Given(string key) => _shown.GetValueOrDefault(key).Given;

    public void Give(string key, byte[] copy) => At(key).Given = copy;

    /// <summary>The value is another now; that it was read stays known.</summary>
    public void Forget(string key)
    {
        if (_shown.ContainsKey(key))
        {
            At(key).Given = null;
        }
    }

    /// <summary>As <see cref="Forget"/>, of all.</summary>
    public void ForgetAll()
    {
        foreach (var key in _shown.Keys)
        {
            At(key).Given = null;
        }
    }

    /// <summary>As <see cref="Forget"/>, of those that are another in another state of the session.</summary>
    public void ForgetChanged(SessionSnapshot from, SessionSnapshot to)
    {
        foreach (var key in _shown.Keys)
        {
            if (from.VersionOf(key) != to.VersionOf(key))
            {
                At(key).Given = null;
            }
        }
    }

    /// <summary>The app has asked for an attribute, and may have learned that it is not there.</summary>
    public void Add(string key, SessionVersion version)
    {
        ref var shown = ref At(key);
        shown.IsRead = true;
        shown.Version = version;
    }

    /// <summary>The app has asked which keys there are.</summary>
    public void AddKeys(IEnumerable<string> keys) => _keys = [.. keys];

    /// <summary>Whether a request that reads the session now would find the same.</summary>
    public bool Hold(SessionSnapshot now) =>
        Versions().All(read => read.Value == now.VersionOf(read.Key)) && (_keys is null || now.LiveKeys.SequenceEqual(_keys, StringComparer.Ordinal));

    /// <summary>What was read, in which version.</summary>
    public IEnumerable<KeyValuePair<string, SessionVersion>> Versions() =>
        _shown.Where(shown => shown.Value.IsRead).Select(shown => KeyValuePair.Create(shown.Key, shown.Value.Version));

    /// <summary>The request has itself changed what it had read.</summary>
    /// <param name="change">What its commit has made of an attribute; null where it has left it as it was.</param>
    public void Follow(Func<string, SessionVersion?> change)
    {
        foreach (var key in _shown.Keys)
        {
            ref var shown = ref At(key);
            if (shown.IsRead && change(key) is { } version)
            {
                shown.Version = version;
            }
        }
    }

    /// <summary>What the request has caused has changed the session: what it had read counts as read again.</summary>
    public void Follow(SessionSnapshot from, SessionSnapshot to)
    {
        foreach (var key in _shown.Keys)
        {
            ref var shown = ref At(key);
            if (shown.IsRead && shown.Version == from.VersionOf(key))
            {
                shown.Version = to.VersionOf(key);
            }
        }

        _keys = _keys is null ? null : [.. to.LiveKeys];
    }

    private ref Shown At(string key) => ref CollectionsMarshal.GetValueRefOrAddDefault(_shown, key, out _);

    private struct Shown
    {
        public byte[]? Given;
        public bool IsRead;
        public SessionVersion Version;
    }
}
