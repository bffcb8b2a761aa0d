using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Server;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>A session's commit in a request's life: once, before the response leaves, and whoever fails sees it.</summary>
public sealed class RequestCommitTests
{
    [Theory]
    [InlineData("/unwritten")]
    [InlineData("/written")]
    [InlineData("/thrown")]
    [InlineData("/thrown-started")]
    [InlineData("/aborted")]
    [InlineData("/bad")]
    [InlineData("/invalid-head")]
    [InlineData("/long")]
    public async Task Session_HoweverTheRequestEnds_IsCommittedOnce(string path)
    {
        var session = new TestSession();
        await using var app = await ServedApp.StartAsync(RequestEndings.Map, RequestEndings.Inline(1000));

        try
        {
            await app.GetAsync(path, session);
        }
        catch (ResponseAbortedException)
        {
        }

        Assert.Equal(1, session.Commits);
    }

    [Theory]
    [InlineData("/unwritten")]
    [InlineData("/written")]
    [InlineData("/caught")]
    [InlineData("/thrown")]
    [InlineData("/aborted")]
    public async Task Commit_ThatFails_DiscardsTheResponse(string path)
    {
        var session = new TestSession { OnCommit = () => Task.FromException(new SessionCommitException("no quorum")) };
        await using var app = await ServedApp.StartAsync(RequestEndings.Map);

        var failure = await Assert.ThrowsAsync<SessionCommitException>(() => app.GetAsync(path, session));

        Assert.Equal("no quorum", failure.Message);
        Assert.Equal(1, session.Commits);
    }

    [Fact]
    public async Task Response_BeforeTheCommitIsAcknowledged_IsNotDelivered()
    {
        var acknowledged = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        var session = new TestSession
        {
            OnCommit = () =>
            {
                asked.SetResult();
                return acknowledged.Task;
            },
        };
        await using var app = await ServedApp.StartAsync(RequestEndings.Map);

        var response = app.GetAsync("/unwritten", session);
        await asked.Task.For("the commit to be asked for");

        // A delivery that waits for nothing comes at once: it would be here before what others have begun since.
        for (var other = 0; other < 100; other++)
        {
            await app.GetAsync("/unwritten", new TestSession()).For("another session's response");
        }

        Assert.False(response.IsCompleted);
        acknowledged.SetResult();

        Assert.Equal(200, (await response).StatusCode);
    }

    [Fact]
    public async Task Session_OfTheContext_IsTheRequests()
    {
        var session = new TestSession();
        await using var app = await ServedApp.StartAsync(a => a.MapGet("/", (HttpContext c) =>
        {
            c.Session.SetString("k", "v");
            return c.Session.Id;
        }));

        Assert.Equal("test-session", (await app.GetAsync("/", session)).Text());
        Assert.True(session.TryGetValue("k", out _));
    }
}
