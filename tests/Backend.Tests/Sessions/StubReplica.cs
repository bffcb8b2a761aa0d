using System.Threading.Channels;
using Pomegranate.Backend.Replication;
using Pomegranate.Backend.Server;
using Pomegranate.Backend.State;
using Pomegranate.Backend.Tests.Server;
using Pomegranate.Sessions;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>This node's replica as a session's home sees it: the test decides when and how it answers.</summary>
internal sealed class StubReplica
{
    private readonly Channel<object> _asked = Channel.CreateUnbounded<object>();

    public StubReplica() => Client.Attach(
        commit => _asked.Writer.TryWrite(commit), recover => _asked.Writer.TryWrite(recover), _ => Task.FromResult(Here));

    /// <summary>What this node's own replica holds.</summary>
    public SessionEntry? Here { get; set; }

    public ReplicaClient Client { get; } = new();

    /// <summary>Whether the home has asked for something that the test has not taken yet.</summary>
    public bool HasBeenAsked => _asked.Reader.TryPeek(out _);

    public Task<SessionReplica.Commit> NextCommitAsync() => NextAsync<SessionReplica.Commit>();

    public Task<SessionReplica.Recover> NextRecoverAsync() => NextAsync<SessionReplica.Recover>();

    /// <summary>Takes the next commit, which is of one entry, and acknowledges it.</summary>
    public async Task<SessionEntry> AcknowledgeAsync()
    {
        var commit = await NextCommitAsync();
        commit.Done.SetResult();
        return Assert.Single(commit.Entries).Value;
    }

    /// <summary>A renewal: first the session under its new id, which is acknowledged, then the end of the old one.</summary>
    public async Task<SessionReplica.Commit> NextRenewalAsync()
    {
        var begun = await NextCommitAsync();
        begun.Done.SetResult();
        var ended = await NextCommitAsync();
        Assert.True(Assert.Single(ended.Entries).Value.IsRemoved, "The old id is to end.");
        return ended with { Entries = [.. begun.Entries, .. ended.Entries] };
    }

    private async Task<T> NextAsync<T>() =>
        Assert.IsType<T>(await _asked.Reader.ReadAsync().AsTask().For($"the replica to be asked to {typeof(T).Name}"));
}

/// <summary>How a commit ends.</summary>
internal static class CommitEnding
{
    public static void Fail(this SessionReplica.Commit commit) =>
        commit.Done.SetException(new SessionCommitException("too few replicas"));

    public static void Answer(this SessionReplica.Recover recover, SessionEntry? entry) => recover.Done.SetResult(
        entry is { IsRemoved: false } && recover.Claimant is { } writer ? entry.ClaimedBy(writer) : entry);

    public static SessionId Id(this SessionReplica.Commit commit) => Assert.Single(commit.Entries).Key;
}
