using Pomegranate.Backend;
using Pomegranate.Backend.Sessions;

namespace Pomegranate.Campaign.App;

/// <summary>
/// A session that tells all: who owns it, which operations were appended to it, and the last operation on each of its
/// registers. Every answer holds the whole session as the request saw it, so that a checker need not guess.
/// </summary>
internal static class SessionRecord
{
    private const string Owner = "owner";
    private const string Log = "log";
    private const string Register = "r.";

    /// <summary>Longer than a turn is anybody's alone.</summary>
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(0.8);
    private static readonly string[] Appends = [HttpMethods.Post, HttpMethods.Put];

    public static void MapSessionRecord(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/create", async (HttpContext context) =>
        {
            context.Session.SetString(Owner, await BodyAsync(context));
            return Whole(context);
        });

        // A read-modify-write that does not look whether the operation is there already: run twice, it shows twice.
        routes.MapMethods("/append", Appends, (Delegate)AppendAsync).IdempotentByKey();
        routes.MapPost("/once", (Delegate)AppendAsync).ExactlyOnce();
        routes.MapPost("/renew", async (HttpContext context) =>
        {
            await context.Session.RenewIdAsync();
            return Whole(context);
        }).ExactlyOnce();
        routes.MapPost("/end", async (HttpContext context) =>
        {
            var last = Whole(context);
            await context.Session.AbandonAsync();
            return last;
        }).ExactlyOnce();
        routes.MapPut("/registers/{name}", async (HttpContext context, string name) =>
        {
            context.Session.SetString(Register + name, await BodyAsync(context));
            return Whole(context);
        }).WithSessionAccess(SessionAccess.Concurrent);
        routes.MapPost("/held", (Delegate)HeldAsync);
        routes.MapPost("/late", (Delegate)LateAsync);
        routes.MapGet("/linger", (Delegate)LingerAsync);
        routes.MapGet("/read", Whole);
        routes.MapGet("/peek", Whole).WithSessionAccess(SessionAccess.ReadOnly);
    }

    private static async Task<IResult> AppendAsync(HttpContext context)
    {
        Append(context, await BodyAsync(context));
        return Whole(context);
    }

    /// <summary>As one that pays: between what it reads and what it writes, it takes its time.</summary>
    private static async Task<IResult> HeldAsync(HttpContext context)
    {
        var operation = await BodyAsync(context);
        _ = context.Session.GetString(Log);
        await Task.Delay(Held, context.RequestAborted);
        Append(context, operation);
        return Whole(context);
    }

    /// <summary>As a report: it has read the session, and answers what it has read long after.</summary>
    private static async Task<IResult> LingerAsync(HttpContext context)
    {
        var seen = Observe(context);
        await Task.Delay(Held, context.RequestAborted);
        return Results.Json(seen);
    }

    /// <summary>As a live feed: it writes after its response has begun, and says so when that is committed.</summary>
    private static async Task LateAsync(HttpContext context)
    {
        var operation = await BodyAsync(context);
        _ = context.Session.GetString(Owner);
        context.Response.ContentType = "application/json";
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        Append(context, operation);
        await context.Session.CommitAsync(context.RequestAborted);
        await System.Text.Json.JsonSerializer.SerializeAsync(context.Response.Body, Observe(context), cancellationToken: context.RequestAborted);
    }

    private static void Append(HttpContext context, string operation)
    {
        var log = context.Session.GetString(Log);
        context.Session.SetString(Log, log is null ? operation : $"{log},{operation}");
    }

    private static IResult Whole(HttpContext context) => Results.Json(Observe(context));

    private static object Observe(HttpContext context)
    {
        var session = context.Session;
        return new
        {
            owner = session.GetString(Owner),
            log = (session.GetString(Log) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(operation => long.Parse(operation, System.Globalization.CultureInfo.InvariantCulture)).ToList(),
            registers = session.Keys.Where(key => key.StartsWith(Register, StringComparison.Ordinal)).ToDictionary(
                key => key[Register.Length..],
                key => long.Parse(session.GetString(key)!, System.Globalization.CultureInfo.InvariantCulture)),
            node = context.Features.Get<IPomegranateSessionFeature>()?.NodeName,
        };
    }

    private static async Task<string> BodyAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        return await reader.ReadToEndAsync(context.RequestAborted);
    }
}
