using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Pomegranate.Apps.Cases.Grpc;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Cases;

/// <summary>A gRPC service over cleartext HTTP/2.</summary>
internal static class GrpcApp
{
    public static TriedApp App => new("gRPC")
    {
        IsHttp2 = true,
        Services = builder =>
        {
            builder.Services.AddGrpc();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        },
        Endpoints = app => app.MapGrpcService<OrchardService>(),
        Cases =
        [
            Call("a unary call", async (client, walk) => walk.Note((await client.SayAsync(new() { Text = "kore" })).Text)),
            Call("metadata both ways, and trailers", async (client, walk) =>
            {
                using var call = client.SayAsync(new() { Text = "kore" }, new Metadata { { "x-seed", "six" }, { "x-bytes-bin", [1, 2, 255] } });
                var headers = await call.ResponseHeadersAsync;
                await call;
                walk.Note($"{headers.GetValue("x-seed")} {call.GetTrailers().GetValue("x-end")} {call.GetStatus().StatusCode}");
            }),
            Call("an error has its status, its detail and its trailers", async (client, walk) =>
            {
                var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SayAsync(new() { Text = "fail" }));
                walk.Note($"{error.StatusCode} {error.Status.Detail} {error.Trailers.GetValue("x-why")}");
            }),
            Call("an exception is unknown", async (client, walk) =>
            {
                var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SayAsync(new() { Text = "throw" }));
                walk.Note($"{error.StatusCode} {error.Status.Detail}");
            }),
            Call("no such method", async (client, walk) =>
            {
                var reply = await walk.Client.FetchAsync(new HttpRequestMessage(HttpMethod.Post, "/orchard.Orchard/None")
                {
                    Content = new ByteArrayContent(new byte[5]) { Headers = { { "Content-Type", "application/grpc" } } },
                });
                walk.Note($"{(int)reply.Status} {reply["content-type"]} {reply["grpc-status"]}");
            }),
            Call("a stream from the server", async (client, walk) =>
            {
                using var call = client.Grow(new() { Count = 5 });
                await foreach (var seed in call.ResponseStream.ReadAllAsync())
                {
                    walk.Note($"{seed.Count}");
                }
            }),
            Call("a stream from the client", async (client, walk) =>
            {
                using var call = client.Gather();
                for (var i = 0; i < 5; i++)
                {
                    await call.RequestStream.WriteAsync(new() { Count = i });
                }

                await call.RequestStream.CompleteAsync();
                walk.Note($"{(await call).Count}");
            }),
            Call("both at once, word by word", TalkAsync),
            Call("both at once, silent for longer than a data rate allows", async (client, walk) =>
            {
                using var call = client.Talk();
                await call.RequestStream.WriteAsync(new() { Text = "before" });
                await call.ResponseStream.MoveNext().For("the first word");

                // Kestrel's data rates give 5 s of grace: the silence itself is what is tried.
                using var silence = new PeriodicTimer(TimeSpan.FromSeconds(8));
                await silence.WaitForNextTickAsync();
                await call.RequestStream.WriteAsync(new() { Text = "after" });
                await call.ResponseStream.MoveNext().For("the word after the silence");
                walk.Note(call.ResponseStream.Current.Text);
                await call.RequestStream.CompleteAsync();
            }),
            Call("a deadline ends the call here and there", async (client, walk) =>
            {
                using var call = client.Wait(new() { Text = "deadline" }, deadline: DateTime.UtcNow.AddSeconds(1));
                var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().For("the deadline"));
                walk.Note($"{error.StatusCode}");
                await walk.Gate("deadline cancelled").Reached.For("the service's cancellation");
            }),
            Call("a call that the client cancels is cancelled at the service", async (client, walk) =>
            {
                using var cancel = new CancellationTokenSource();
                using var call = client.Wait(new() { Text = "cancel" }, cancellationToken: cancel.Token);
                await walk.Gate("cancel").Reached.For("the service at its gate");
                await cancel.CancelAsync();
                var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().For("the end"));
                walk.Note($"{error.StatusCode}");
                await walk.Gate("cancel cancelled").Reached.For("the service's cancellation");
            }),
            Call("a message of megabytes", async (client, walk) =>
            {
                var text = new string('x', 3_000_000);
                walk.Note($"{(await client.SayAsync(new() { Text = text })).Text.Length}");
            }),
            Call("a message larger than the service takes", async (client, walk) =>
            {
                var error = await Assert.ThrowsAsync<RpcException>(async () => await client.SayAsync(new() { Text = new string('x', 5_000_000) }));
                walk.Note($"{error.StatusCode}");
            }),
            Call("a hundred calls on one connection", async (client, walk) =>
            {
                var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(async n => (await client.SayAsync(new() { Text = $"{n}" })).Text));
                walk.Note($"{replies.Distinct().Count()}");
            }),
            Call("a call after a kill", async (client, walk) =>
            {
                walk.Note((await client.SayAsync(new() { Text = "before" })).Text);
                await walk.KillAsync();
                walk.Note((await client.SayAsync(new() { Text = "after" })).Text);
            })
            with { HasKill = true },
            Call("a stream whose node dies ends as unavailable", async (client, walk) =>
            {
                using var call = client.Wait(new() { Text = "dies" });
                await walk.Gate("dies").Reached.For("the service at its gate");
                await walk.KillAsync();

                // On Kestrel, where nobody died, the service says so itself.
                walk.Gate("dies").Open();
                var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().For("the end"));
                walk.Note($"{error.StatusCode}");
            })
            with { HasKill = true },
        ],
    };

    private static AppCase Call(string name, Func<Orchard.OrchardClient, Walk, Task> walkAsync) => new(name, async walk =>
    {
        using var channel = GrpcChannel.ForAddress(walk.Address);
        await walkAsync(new Orchard.OrchardClient(channel), walk);
    });

    private static async Task TalkAsync(Orchard.OrchardClient client, Walk walk)
    {
        using var call = client.Talk();
        foreach (var word in (string[])["one", "two", "three"])
        {
            await call.RequestStream.WriteAsync(new() { Text = word });
            await call.ResponseStream.MoveNext().For("the answer to a word");
            walk.Note(call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        walk.Note($"{await call.ResponseStream.MoveNext()}");
    }
}

/// <summary>The service.</summary>
internal sealed class OrchardService(Gates gates) : Orchard.OrchardBase
{
    public override async Task<Seed> Say(Seed request, ServerCallContext context)
    {
        switch (request.Text)
        {
            case "fail":
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "not in winter"), new Metadata { { "x-why", "snow" } });
            case "throw":
                throw new InvalidOperationException("boom");
        }

        await context.WriteResponseHeadersAsync(new Metadata { { "x-seed", context.RequestHeaders.GetValue("x-seed") ?? "none" } });
        context.ResponseTrailers.Add("x-end", "reached");
        return request;
    }

    public override async Task Grow(Seed request, IServerStreamWriter<Seed> responseStream, ServerCallContext context)
    {
        for (var i = 1; i <= request.Count; i++)
        {
            await responseStream.WriteAsync(new Seed { Count = i });
        }
    }

    public override async Task<Seed> Gather(IAsyncStreamReader<Seed> requestStream, ServerCallContext context)
    {
        var total = 0;
        await foreach (var seed in requestStream.ReadAllAsync())
        {
            total += seed.Count;
        }

        return new Seed { Count = total };
    }

    public override async Task Talk(IAsyncStreamReader<Seed> requestStream, IServerStreamWriter<Seed> responseStream, ServerCallContext context)
    {
        await foreach (var seed in requestStream.ReadAllAsync())
        {
            await responseStream.WriteAsync(new Seed { Text = $"{seed.Text}, too" });
        }
    }

    public override async Task Wait(Seed request, IServerStreamWriter<Seed> responseStream, ServerCallContext context)
    {
        try
        {
            await gates[request.Text].PassAsync(context.CancellationToken);
        }
        catch (OperationCanceledException)
        {
            gates[$"{request.Text} cancelled"].Reach();
            throw;
        }

        throw new RpcException(new Status(StatusCode.Unavailable, "the service ends it"));
    }
}
