using System.Globalization;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.Extensions.Options;
using Pomegranate.Frontend.Http;

namespace Pomegranate.Frontend.Edge;

/// <summary>
/// ASP.NET Core's W3C log, with three fields of ours: the node that answered, how often the request was sent, and the
/// milliseconds it took.
/// </summary>
/// <remarks>
/// The only fields that W3C logging lets others add are request headers, and it reads them before the request runs, when
/// nobody knows our three. So it is run after the request, with nothing behind it, and our fields are put in as headers
/// just before: nobody else reads them any more, and what a client sent under these names is gone. Date and time are
/// thus those of the request's end, as the format's specification has it.
/// </remarks>
internal static class AccessLog
{
    public const string NodeField = "Pomegranate-Node";
    public const string AttemptsField = "Pomegranate-Attempts";
    public const string MillisecondsField = "Pomegranate-Milliseconds";

    /// <summary>
    /// The log's writer sleeps so long when it has nothing to do, and a request waits when 1,024 lines are queued: with
    /// the default of 1 s, the log would slow a frontend down to that many requests a second. It is also what a stop loses.
    /// </summary>
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(20);

    private const W3CLoggingFields Fields =
        W3CLoggingFields.Date | W3CLoggingFields.Time | W3CLoggingFields.ClientIpAddress
        | W3CLoggingFields.Method | W3CLoggingFields.UriStem | W3CLoggingFields.UriQuery | W3CLoggingFields.ProtocolVersion
        | W3CLoggingFields.ProtocolStatus | W3CLoggingFields.Host | W3CLoggingFields.UserAgent | W3CLoggingFields.Referer;

    public static void AddAccessLog(this IServiceCollection services)
    {
        services.AddW3CLogging(_ => { });
        services.AddOptions<W3CLoggerOptions>().Configure<IOptions<EdgeOptions>>((log, edge) =>
        {
            log.LoggingFields = Fields;
            log.AdditionalRequestHeaders.Add(NodeField);
            log.AdditionalRequestHeaders.Add(AttemptsField);
            log.AdditionalRequestHeaders.Add(MillisecondsField);
            log.LogDirectory = edge.Value.AccessLogDirectory ?? log.LogDirectory;
            log.FileName = "access-";
            log.FlushInterval = FlushInterval;
            log.FileSizeLimit = edge.Value.AccessLogFileBytes;
            log.RetainedFileCountLimit = edge.Value.AccessLogFiles;
        });
    }

    public static void UseAccessLog(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<EdgeOptions>>().Value;
        CheckDirectory(Path.Combine(app.Environment.ContentRootPath, options.AccessLogDirectory!));
        var time = app.Services.GetRequiredService<TimeProvider>();
        var write = ((IApplicationBuilder)app).New().UseW3CLogging().Use(_ => _ => Task.CompletedTask).Build();
        app.Use(async (context, next) =>
        {
            var begun = time.GetTimestamp();
            try
            {
                await next(context);
            }
            catch when (!context.Response.HasStarted)
            {
                // What Kestrel is about to answer.
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                throw;
            }
            finally
            {
                var record = context.Features.Get<AccessRecord>();
                var headers = context.Request.Headers;
                headers[NodeField] = record?.Node;
                headers[AttemptsField] = record?.Attempts.ToString(CultureInfo.InvariantCulture);
                headers[MillisecondsField] = time.GetElapsedTime(begun).TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture);
                await write(context);
            }
        });
    }

    /// <summary>The log's own writer keeps quiet about a directory that it cannot write to.</summary>
    private static void CheckDirectory(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            using var probe = new FileStream(
                Path.Combine(directory, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"{EdgeOptions.Section}:{nameof(EdgeOptions.AccessLogDirectory)} is '{directory}' but cannot be written to: {exception.Message}", exception);
        }
    }
}
