using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.ClusterTests.Sessions;

/// <summary>What a request leaves behind, and until when it may.</summary>
[Collection(SharedClusterCollection.Name)]
public sealed class SessionCommitTests(SharedCluster shared)
{
    [Fact]
    public async Task WriteAfterTheResponseStarted_IsStoredAtTheEnd()
    {
        using var browser = shared.Cluster.NewBrowser();

        var answer = await browser.RunAsync(async http =>
        {
            http.Session.SetString("early", "value");
            await http.Response.WriteAsync("started. ");
            http.Session.SetString("late", "value");
            await http.Response.WriteAsync("ended");
        });

        Assert.Equal("started. ended", answer.Ok());
        Assert.Equal("value", await browser.ReadAsync("early"));
        Assert.Equal("value", await browser.ReadAsync("late"));
    }

    [Fact]
    public async Task FirstByteLeaves_ChangeIsOnEveryBackend()
    {
        using var browser = shared.Cluster.NewBrowser();

        var id = (await browser.RunAsync(http =>
        {
            http.Session.SetString("key", "value");
            return http.Session.Id;
        })).Ok();

        Assert.All(await shared.Cluster.ReplicasKnowingAsync(id), Assert.True);
    }

    [Fact]
    public async Task SessionNotTouched_NoCookieAndNoReplicaEntry()
    {
        using var browser = shared.Cluster.NewBrowser();

        var answer = await browser.RunAsync(http => http.Session.Id);

        answer.Ok();
        Assert.Empty(answer.SetCookies);
        Assert.All(await shared.Cluster.ReplicasKnowingAsync(answer.Text), Assert.False);
    }

    [Fact]
    public async Task SessionReadOnly_NoCookieAndNoReplicaEntry()
    {
        using var browser = shared.Cluster.NewBrowser();

        var answer = await browser.RunAsync(http => http.Session.GetString("key") ?? http.Session.Id);

        answer.Ok();
        Assert.Empty(answer.SetCookies);
        Assert.All(await shared.Cluster.ReplicasKnowingAsync(answer.Text), Assert.False);
    }

    [Fact]
    public async Task UseSession_GetsTheClustersSession()
    {
        using var browser = shared.Cluster.NewBrowser();

        var path = $"/usesession/{shared.Cluster.Code.Add(context =>
        {
            context.Session.SetString("key", "through the middleware");
            return context.Response.WriteAsync(context.Session.Id);
        })}";
        var answer = await browser.SendAsync(new(HttpMethod.Get, path));

        answer.Ok();
        Assert.Equal($".Pomegranate.Session={browser.SessionCookie}; path=/; samesite=lax; httponly", Assert.Single(answer.SetCookies));
        Assert.Equal("through the middleware", await browser.ReadAsync("key"));
    }
}
