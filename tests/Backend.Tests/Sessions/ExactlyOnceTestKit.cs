using System.Text;
using Akka.Actor;
using Microsoft.AspNetCore.Http;
using Pomegranate.Backend.Sessions;
using Pomegranate.Backend.State;
using Pomegranate.Gateway;
using Pomegranate.Http;
using static Pomegranate.Gateway.GatewayProtocol;

namespace Pomegranate.Backend.Tests.Sessions;

/// <summary>An app that adds one to a counter, at endpoints that are marked exactly-once and at others.</summary>
public abstract class ExactlyOnceTestKit : SessionHomeTestKit
{
    private int _runs;

    protected ExactlyOnceTestKit()
    {
        Home.Options.IdempotencyKeys = true;
        Home.App = async context =>
        {
            Interlocked.Increment(ref _runs);
            var path = context.Request.Path.Value!;
            if (path.StartsWith("/keyed", StringComparison.Ordinal))
            {
                context.SetEndpoint(Keyed);
            }
            else if (!path.StartsWith("/unmarked", StringComparison.Ordinal))
            {
                context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new ExactlyOnceAttribute()), "marked"));
            }

            var count = (context.Session.TryGetValue("count", out var value) ? value[0] : 0) + 1;
            if (!path.EndsWith("/unchanged", StringComparison.Ordinal))
            {
                context.Session.Set("count", [(byte)count]);
            }

            if (path.EndsWith("/held", StringComparison.Ordinal))
            {
                await ArriveAsync();
            }

            switch (path[(path.LastIndexOf('/') + 1)..])
            {
                case "renew":
                    await context.Session.RenewIdAsync();
                    break;
                case "abandon":
                    await context.Session.AbandonAsync();
                    break;
                case "clear":
                    context.Session.Clear();
                    context.Session.Set("count", [(byte)count]);
                    break;
                case "busy" when count == 42:
                    context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    return;
                case "throw":
                    throw new InvalidOperationException("the app's own failure");
            }

            context.Response.Headers["X-Made-By"] = "the first run";
            await context.Response.WriteAsync($"{count}");
            await context.Response.WriteAsync(path.EndsWith("/long", StringComparison.Ordinal) ? new string('x', 60_000) : "!");
            await context.Response.Body.FlushAsync();
        };
    }

    /// <summary>Heeds keys where others do not.</summary>
    private protected static Endpoint Keyed { get; } = new(null, new EndpointMetadataCollection(new IdempotentByKeyAttribute()), "keyed");

    /// <summary>How often the app has been run.</summary>
    private protected int Runs => _runs;

    /// <summary>Null where no endpoint of the app heeds keys.</summary>
    private protected KeyedEndpoints? Keys { get; set; }

    private protected IActorRef Start() => Sys.ActorOf(SessionActor.Props(Keys is null ? Home.Services : Home.Services with { Keyed = Keys }, Id.ToString()));

    private protected async Task<IActorRef> OpenAsync(SessionEntry entry)
    {
        var home = Start();
        var found = FindAsync(home, 99);
        (await Replica.NextRecoverAsync()).Answer(entry);
        await found;
        return home;
    }

    /// <summary>At once, whatever it was doing: it answers nobody any more.</summary>
    private protected async Task KillAsync(IActorRef home)
    {
        Watch(home);
        Sys.Stop(home);
        await ExpectTerminatedAsync(home, Patience);
    }

    /// <summary>The frontend asks the next home, which knows nothing but what the replicas have.</summary>
    private protected async Task<IActorRef> AskNextHomeAsync(SessionEntry entry, ulong number = 1)
    {
        var home = Start();
        var found = FindAsync(home, number);
        (await Replica.NextRecoverAsync()).Answer(entry);
        var reply = await found;
        Assert.Equal((ReplyKind.NotSeen, TakesRequestsInDoubt), (reply.Kind, reply.Status));
        return home;
    }

    private protected void Post(
        IActorRef home, ulong number, string path, string? key = null, bool inDoubt = false, bool fresh = false, string body = "", string method = "POST") =>
        home.Tell(
            new RunRequest(Request(number), Id, fresh, new WebRequest
            {
                Method = method,
                Scheme = "http",
                RawTarget = path,
                Protocol = "HTTP/1.1",
                Headers = key is null ? [new("Host", "shop.test")] : [new("Host", "shop.test"), new("idempotency-key", key)],
                Body = Encoding.UTF8.GetBytes(body),
                TraceIdentifier = $"t{number}",
            }, new Pomegranate.Streaming.StreamTicket("127.0.0.1", 1, Guid.Empty)) { IsInDoubt = inDoubt },
            Frontend);

    private protected static string Text(RequestReply reply)
    {
        Assert.True(reply.Kind == ReplyKind.Response, $"{reply.Kind} {reply.Status} {reply.Reason}");
        return Encoding.UTF8.GetString(reply.Response!.Body.Span);
    }
}
