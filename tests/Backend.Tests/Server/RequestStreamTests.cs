using Pomegranate.Backend.Server;
using Pomegranate.Http;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>How a request's stream ends, seen from its home.</summary>
public sealed class RequestStreamTests
{
    [Fact]
    public async Task Cut_IsToldBeforeTheAppsReadFails()
    {
        // Else an app that fails with its read would have ended before its request counts as aborted.
        var frontend = new FrontendEnd();
        var isTold = false;
        frontend.Stream.OnCut = () => Volatile.Write(ref isTold, true);
        await frontend.Stream.RequestBodyAsync();
        var reading = frontend.Stream.Incoming.ReadAsync().AsTask();

        await frontend.Output.CompleteAsync();

        await Assert.ThrowsAnyAsync<IOException>(() => reading.For("the app's read to fail"));
        Assert.True(Volatile.Read(ref isTold));
    }

    [Fact]
    public async Task AbortOnceSent_ClientThatDoesNotRead_IsNotWaitedFor()
    {
        var frontend = new FrontendEnd();
        await frontend.Stream.SendHeadAsync(new WebResponse { StatusCode = 101, Headers = [] });

        // More than the pipe in between takes: the rest waits for a reader that never comes.
        var sending = frontend.Stream.SendDataAsync(new byte[1_000_000], CancellationToken.None).AsTask();
        frontend.Stream.AbortOnceSent();

        await frontend.Stream.CloseAsync().For("the end of the stream");

        await frontend.Input.CompleteAsync();
        await sending.For("the end of the sending");
    }
}
