using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>A session in memory that notes when it was committed and can be told how to.</summary>
internal sealed class TestSession : IRequestSession, ISession
{
    private readonly Dictionary<string, byte[]> _values = [];

    public Func<Task> OnCommit { get; set; } = () => Task.CompletedTask;

    public int Commits { get; private set; }

    public ISession Session => this;

    public bool IsAvailable => true;

    public string Id => "test-session";

    public IEnumerable<string> Keys => _values.Keys;

    public void Attach(IFeatureCollection features)
    {
        // The tests ask for nothing beyond ISession.
    }

    bool IRequestSession.IsExactlyOnce => false;

    void IRequestSession.Seal() => throw new NotSupportedException("Only exactly-once requests seal their session.");

    Task IRequestSession.CommitAsync(Pomegranate.Http.WebResponse? outcome)
    {
        Commits++;
        return OnCommit();
    }

    Task IRequestSession.EndAsync() => Task.CompletedTask;

    Task ISession.CommitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task LoadAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    public void Set(string key, byte[] value) => _values[key] = value;

    public bool TryGetValue(string key, [NotNullWhen(true)] out byte[]? value) => _values.TryGetValue(key, out value);

    public void Remove(string key) => _values.Remove(key);

    public void Clear() => _values.Clear();
}
