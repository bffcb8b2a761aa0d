using System.ComponentModel.DataAnnotations;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Hosting;
using Pomegranate.ClusterTests.Harness;

namespace Pomegranate.Apps.Cases;

/// <summary>What endpoints do: bind, validate, filter, stream, take uploads, work on in the background.</summary>
internal static class EndpointApp
{
    public static TriedApp App => new("endpoints")
    {
        Services = builder =>
        {
            builder.Services.AddDistributedMemoryCache();
            builder.Services.AddSession();
            builder.Services.AddControllers();
            builder.Services.AddValidation();
            builder.Services.AddProblemDetails();
            builder.Services.AddHttpContextAccessor();
            builder.Services.AddHttpClient();
            builder.Services.AddScoped<ScopedThing>();
            builder.Services.AddSingleton<BackgroundJobs>();
            builder.Services.AddHostedService(provider => provider.GetRequiredService<BackgroundJobs>());
        },
        Pipeline = app => app.UseSession(),
        Cases =
        [
            new("validation of a body",
                map => map.MapPost("seed", (Planting seed) => $"{seed.Name} {seed.Count}"),
                async walk =>
                {
                    await walk.PostAsync("seed", Json("""{"name":"six","count":6}"""));
                    await walk.PostAsync("seed", Json("""{"name":"","count":60}"""));
                    await walk.PostAsync("seed", Json("""{"name":"""));
                    await walk.PostAsync("seed", new StringContent("name"));
                }),
            new("endpoint filters, around each other",
                map => map.MapGet("filtered", () => "in").AddEndpointFilter(async (c, next) => $"1({await next(c)})").AddEndpointFilter(async (c, next) => $"2({await next(c)})"),
                async walk => await walk.GetAsync("filtered")),
            new("a file of a form",
                map => map.MapPost("upload", async (IFormFile file, [FromForm] string note) =>
                {
                    using var reader = new StreamReader(file.OpenReadStream());
                    return $"{note}: {file.FileName} {file.ContentType} {(await reader.ReadToEndAsync()).Length}";
                }).DisableAntiforgery(),
                async walk =>
                {
                    var file = new StringContent(new string('x', 200_000));
                    file.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
                    await walk.PostAsync("upload", new MultipartFormDataContent("orchard") { { file, "file", "seeds.txt" }, { new StringContent("six"), "note" } });
                }),
            new("an upload of megabytes, counted in the session",
                map => map.MapPost("upload", async (HttpContext c) =>
                {
                    var buffer = new byte[64 * 1024];
                    var total = 0;
                    while (await c.Request.Body.ReadAsync(buffer) is > 0 and var read)
                    {
                        total += read;
                    }

                    c.Session.SetInt32("total", (c.Session.GetInt32("total") ?? 0) + total);
                    return $"{total} {c.Session.GetInt32("total")}";
                }),
                async walk =>
                {
                    await walk.PostAsync("upload", new ByteArrayContent(new byte[5_000_000]));
                    await walk.PostAsync("upload", new ByteArrayContent(new byte[5_000_000]));
                }),
            new("a body read twice",
                map => map.MapPost("twice", async (HttpContext c) =>
                {
                    c.Request.EnableBuffering();
                    var one = await new StreamReader(c.Request.Body, leaveOpen: true).ReadToEndAsync();
                    c.Request.Body.Position = 0;
                    return one + await new StreamReader(c.Request.Body).ReadToEndAsync();
                }),
                async walk => await walk.PostAsync("twice", new StringContent("seed"))),
            new("a stream of JSON comes piece by piece",
                map => map.MapGet("stream", (Gates gates, CancellationToken cancellation) => Pieces(gates["json"], cancellation)),
                async walk =>
                {
                    using var response = await walk.Client.BeginAsync(new HttpRequestMessage(HttpMethod.Get, "stream")).For("the head");
                    await using var body = await response.Content.ReadAsStreamAsync();
                    var first = new byte[10];
                    var read = body.ReadAsync(first).AsTask();
                    await walk.NoteWhetherAtOnceAsync("the first piece", read);
                    walk.Gate("json").Open();
                    var rest = await new StreamReader(body).ReadToEndAsync();
                    walk.Note($"{System.Text.Encoding.UTF8.GetString(first, 0, await read)}{rest}");
                }),
            new("server-sent events as a result",
                map => map.MapGet("events", (CancellationToken cancellation) => TypedResults.ServerSentEvents(Words(cancellation), "word")),
                async walk => await walk.GetAsync("events")),
            new("Content-Length set, a piece flushed, a pause: the piece is there",
                map => map.MapGet("pieces", async (HttpContext c, Gates gates) =>
                {
                    c.Response.ContentLength = 10;
                    await c.Response.WriteAsync("01234");
                    await c.Response.Body.FlushAsync();
                    await gates["pieces"].PassAsync(c.RequestAborted);
                    await c.Response.WriteAsync("56789");
                }),
                walk => FirstPieceAsync(walk, "pieces")),
            new("StartAsync sends the head",
                map => map.MapGet("head", async (HttpContext c, Gates gates) =>
                {
                    c.Response.Headers["X-Begun"] = "1";
                    await c.Response.StartAsync();
                    await gates["started"].PassAsync(c.RequestAborted);
                    await c.Response.WriteAsync("done");
                }),
                async walk =>
                {
                    var begun = walk.Client.BeginAsync(new HttpRequestMessage(HttpMethod.Get, "head"));
                    await walk.NoteWhetherAtOnceAsync("the head", begun);
                    walk.Gate("started").Open();
                    walk.Note(await (await begun).Content.ReadAsStringAsync());
                }),
            new("a client that leaves cancels RequestAborted",
                map => map.MapGet("abort", async (HttpContext c, Gates gates) =>
                {
                    await c.Response.Body.FlushAsync();
                    try
                    {
                        await gates["abort"].PassAsync(c.RequestAborted);
                    }
                    catch (OperationCanceledException)
                    {
                        gates["aborted"].Reach();
                    }
                }),
                async walk =>
                {
                    using var leave = new CancellationTokenSource();
                    using (await walk.Client.BeginAsync(new HttpRequestMessage(HttpMethod.Get, "abort"), leave.Token))
                    {
                        await walk.Gate("abort").Reached.For("the app at its gate");
                    }

                    await walk.Gate("aborted").Reached.For("the app's cancellation");
                    walk.Note("cancelled");
                }),
            new("a client that leaves before the head cancels RequestAborted",
                map => map.MapGet("abort", async (HttpContext c, Gates gates) =>
                {
                    try
                    {
                        await gates["abort-early"].PassAsync(c.RequestAborted);
                    }
                    catch (OperationCanceledException)
                    {
                        gates["aborted-early"].Reach();
                    }
                }),
                async walk =>
                {
                    using var leave = new CancellationTokenSource();
                    var begun = walk.Client.BeginAsync(new HttpRequestMessage(HttpMethod.Get, "abort"), leave.Token);
                    await walk.Gate("abort-early").Reached.For("the app at its gate");
                    await leave.CancelAsync();
                    await Assert.ThrowsAnyAsync<OperationCanceledException>(() => begun);
                    await walk.Gate("aborted-early").Reached.For("the app's cancellation");
                    walk.Note("cancelled");
                }),
            new("scoped services are disposed after the answer, asynchronously",
                map => map.MapGet("scoped", (ScopedThing thing) => thing.Name),
                async walk =>
                {
                    await walk.GetAsync("scoped");
                    await walk.Gate("disposed").Reached.For("the scoped service's end");
                }),
            new("what is registered for disposal with the response",
                map => map.MapGet("registered", (HttpContext c, Gates gates) =>
                {
                    c.Response.RegisterForDispose(new Ending(gates["registered"]));
                    c.Response.RegisterForDisposeAsync(new Ending(gates["registered-async"]));
                    return "soon";
                }),
                async walk =>
                {
                    await walk.GetAsync("registered");
                    await walk.Gate("registered").Reached.For("Dispose");
                    await walk.Gate("registered-async").Reached.For("DisposeAsync");
                }),
            new("IHttpContextAccessor in what the request awaits",
                map => map.MapGet("accessor", async (IHttpContextAccessor accessor) =>
                {
                    await Task.Yield();
                    return $"{accessor.HttpContext!.Request.Path.Value!.EndsWith("accessor", StringComparison.Ordinal)}";
                }),
                async walk => await walk.GetAsync("accessor")),
            new("work handed to a background service",
                map =>
                {
                    map.MapPost("work", (string item, BackgroundJobs jobs) =>
                    {
                        jobs.Add(item);
                        return Results.Accepted();
                    });
                },
                async walk =>
                {
                    await walk.PostAsync("work?item=plough");
                    await walk.Gate("job plough").Reached.For("the job's end");
                }),
            new("the app calls itself by the address that the client used",
                map =>
                {
                    map.MapGet("outer", async (HttpContext c, IHttpClientFactory clients) =>
                        await clients.CreateClient().GetStringAsync(new Uri($"{c.Request.Scheme}://{c.Request.Host}{c.Request.Path.Value!.Replace("outer", "inner", StringComparison.Ordinal)}")));
                    map.MapGet("inner", () => "inner");
                },
                async walk => await walk.GetAsync("outer")),
            new("Idempotency-Key is the app's",
                map => map.MapPost("pay", (HttpContext c, Gates gates) =>
                {
                    gates["paid"].Reach();
                    return Results.Text($"{c.Request.Headers["Idempotency-Key"]}", statusCode: 500);
                }),
                async walk =>
                {
                    await walk.PostAsync("pay", null, "Idempotency-Key: k1");
                    await walk.PostAsync("pay", null, "Idempotency-Key: k1");
                    walk.Note($"run {walk.Gate("paid").Times} times");
                }),
            new("Idempotency-Key: the app's own conflict stays a conflict",
                map => map.MapPost("pay", async (HttpContext c) =>
                {
                    c.Session.SetString("a", "1");
                    var body = await new StreamReader(c.Request.Body).ReadToEndAsync();
                    return body == "other" ? Results.Conflict("not the same") : Results.Ok("paid");
                }),
                async walk =>
                {
                    await walk.PostAsync("pay", new StringContent("one"), "Idempotency-Key: k2");
                    await walk.PostAsync("pay", new StringContent("other"), "Idempotency-Key: k2");
                }),
            new("a GET that is sent again runs again",
                map => map.MapGet("token", (Gates gates) =>
                {
                    gates["token"].Reach();
                    return Results.StatusCode(503);
                }),
                async walk =>
                {
                    await walk.GetAsync("token");
                    walk.Note($"run {walk.Gate("token").Times} times");
                }),
            new("fallback endpoints",
                map => map.MapFallback("{**rest}", (string? rest) => $"fell back from {rest}"),
                async walk =>
                {
                    await walk.GetAsync("a/b/c");
                    await walk.GetAsync("file.txt");
                }),
            new("query, route, header and form bind",
                map => map.MapPost("bind/{id:int}", (int id, [FromQuery] int[] n, [FromHeader(Name = "X-H")] string h, [FromForm] string f, DateOnly day) =>
                    $"{id} {string.Join('+', n)} {h} {f} {day:yyyy-MM-dd}").DisableAntiforgery(),
                async walk =>
                {
                    var request = Client.Request(HttpMethod.Post, "bind/7?n=1&n=2&day=2026-11-29", "X-H: a header");
                    request.Content = new FormUrlEncodedContent([KeyValuePair.Create("f", "pomme d'or ü")]);
                    await walk.Client.SendAsync(request);
                    await walk.PostAsync("bind/x");
                    await walk.PostFormAsync("bind/7?n=z&day=1", ("f", "1"));
                }),
            new("typed results and their metadata",
                map => map.MapGet("typed/{id:int}", Results<Ok<Planting>, NotFound, ProblemHttpResult> (int id) => id switch
                {
                    1 => TypedResults.Ok(new Planting { Name = "one", Count = 1 }),
                    2 => TypedResults.Problem("two", statusCode: 418),
                    _ => TypedResults.NotFound(),
                }),
                async walk =>
                {
                    await walk.GetAsync("typed/1");
                    await walk.GetAsync("typed/2");
                    await walk.GetAsync("typed/3");
                }),
            new("links that the app makes of itself",
                map => map.MapGet("links", (HttpContext c, LinkGenerator links) => $"{links.GetUriByName(c, "named", new { id = 3 })} {c.Request.Host} {c.Request.Scheme}"),
                async walk => await walk.GetAsync("links")),
            new("named endpoint", map => map.MapGet("named/{id:int}", (int id) => id).WithName("named"), async walk => await walk.GetAsync("named/3")),
            new("thirty clients at once",
                map => map.MapGet("busy", async (int n) =>
                {
                    await Task.Yield();
                    return $"{n}";
                }),
                async walk =>
                {
                    var replies = await Task.WhenAll(Enumerable.Range(0, 30).Select(n => walk.Client.FetchAsync($"busy?n={n}")));
                    walk.Note(string.Join(' ', replies.Select(reply => reply.Body)));
                }),
            new("a GET that is running when its node dies is answered",
                map => map.MapGet("running", async (HttpContext c, Gates gates) =>
                {
                    c.Session.SetString("a", "1");
                    if (gates["running"].Times == 0)
                    {
                        await gates["running"].PassAsync(c.RequestAborted);
                    }

                    return "answered";
                }),
                async walk =>
                {
                    var running = walk.Client.FetchAsync("running");
                    await walk.Gate("running").Reached.For("the app at its gate");
                    await walk.KillAsync();
                    walk.Gate("running").Open();
                    walk.Note($"{(int)(await running).Status} {(await running).Body}");
                })
            { HasKill = true },
        ],
    };

    private static StringContent Json(string text) => new(text, new MediaTypeHeaderValue("application/json"));

    private static async Task FirstPieceAsync(Walk walk, string gate)
    {
        var begun = walk.Client.BeginAsync(new HttpRequestMessage(HttpMethod.Get, gate));
        if (await walk.NoteWhetherAtOnceAsync("the head", begun))
        {
            await using var body = await (await begun).Content.ReadAsStreamAsync();
            var read = body.ReadAtLeastAsync(new byte[5], 5).AsTask();
            await walk.NoteWhetherAtOnceAsync("the piece", read);
            walk.Gate(gate).Open();
            await read;
            walk.Note(await new StreamReader(body).ReadToEndAsync());
        }

        walk.Gate(gate).Open();
    }

    private static async IAsyncEnumerable<int> Pieces(Gate gate, [EnumeratorCancellation] CancellationToken cancellation)
    {
        yield return 1;
        await gate.PassAsync(cancellation);
        yield return 2;
    }

    private static async IAsyncEnumerable<string> Words([EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var word in (string[])["one", "two"])
        {
            await Task.Yield();
            cancellation.ThrowIfCancellationRequested();
            yield return word;
        }
    }
}

/// <summary>A body with rules.</summary>
public sealed class Planting
{
    [Required]
    public string? Name { get; set; }

    [Range(1, 12)]
    public int Count { get; set; }
}

/// <summary>A scoped service that ends asynchronously only.</summary>
internal sealed class ScopedThing(Gates gates) : IAsyncDisposable
{
    public string Name { get; } = "scoped";

    public async ValueTask DisposeAsync()
    {
        await Task.Yield();
        gates["disposed"].Reach();
    }
}

/// <summary>Says that it was disposed of.</summary>
internal sealed class Ending(Gate gate) : IDisposable, IAsyncDisposable
{
    public void Dispose() => gate.Reach();

    public ValueTask DisposeAsync()
    {
        gate.Reach();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A queue with a worker.</summary>
internal sealed class BackgroundJobs(Gates gates) : BackgroundService
{
    private readonly System.Threading.Channels.Channel<string> _items = System.Threading.Channels.Channel.CreateUnbounded<string>();

    public void Add(string item) => _items.Writer.TryWrite(item);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var item in _items.Reader.ReadAllAsync(stoppingToken))
        {
            gates[$"job {item}"].Reach();
        }
    }
}
