using Microsoft.AspNetCore.DataProtection;

// The peers' app, on Kestrel: /plain, /counter and /read as the Portal has them, with ASP.NET Core's own sessions.
//   ASPNETCORE_URLS  where it listens
//   Node             the name it answers with
//   Redis            host:port of the session store; without it sessions stay in this process
//   Keys             a directory for the data protection keys, which the instances must share
//   Tuned            true: the session is committed before the answer is written; as it comes, after it
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var tuned = builder.Configuration.GetValue<bool>("Tuned");
var node = builder.Configuration["Node"] ?? Environment.MachineName;
builder.Services.AddDataProtection().SetApplicationName("peer-app").PersistKeysToFileSystem(new DirectoryInfo(builder.Configuration["Keys"] ?? "keys"));
if (builder.Configuration["Redis"] is { } redis)
{
    builder.Services.AddStackExchangeRedisCache(options => options.Configuration = redis);
}
else
{
    builder.Services.AddDistributedMemoryCache();
}

builder.Services.AddSession(session => session.Cookie.IsEssential = true);

var app = builder.Build();
app.UseSession();
var kilobyte = new string('x', 1024);

app.MapGet("/plain", () => "ok");

// LoadAsync first: without it each first touch of a session blocks a thread while Redis answers.
app.MapGet("/counter", async (HttpContext context) =>
{
    await context.Session.LoadAsync(context.RequestAborted);
    var n = (context.Session.GetInt32("n") ?? 0) + 1;
    context.Session.SetInt32("n", n);
    if (tuned)
    {
        await context.Session.CommitAsync(context.RequestAborted);
    }

    return Results.Json(new { n, node });
});
app.MapGet("/read", async (HttpContext context) =>
{
    await context.Session.LoadAsync(context.RequestAborted);
    var text = context.Session.GetString("kb");
    if (text is null)
    {
        text = kilobyte;
        context.Session.SetString("kb", text);
    }

    return text;
});
app.Run();
