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
        routes.MapGet("/read", Whole);
        routes.MapGet("/peek", Whole).WithSessionAccess(SessionAccess.ReadOnly);
    }

    private static async Task<IResult> AppendAsync(HttpContext context)
    {
        var operation = await BodyAsync(context);
        var log = context.Session.GetString(Log);
        context.Session.SetString(Log, log is null ? operation : $"{log},{operation}");
        return Whole(context);
    }

    private static IResult Whole(HttpContext context)
    {
        var session = context.Session;
        return Results.Json(new
        {
            owner = session.GetString(Owner),
            log = (session.GetString(Log) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(operation => long.Parse(operation, System.Globalization.CultureInfo.InvariantCulture)),
            registers = session.Keys.Where(key => key.StartsWith(Register, StringComparison.Ordinal)).ToDictionary(
                key => key[Register.Length..],
                key => long.Parse(session.GetString(key)!, System.Globalization.CultureInfo.InvariantCulture)),
            node = context.Features.Get<IPomegranateSessionFeature>()?.NodeName,
        });
    }

    private static async Task<string> BodyAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        return await reader.ReadToEndAsync(context.RequestAborted);
    }
}
