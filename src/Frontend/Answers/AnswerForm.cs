using System.Net;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Pomegranate.Frontend.Edge;

namespace Pomegranate.Frontend.Answers;

/// <summary>Puts an <see cref="OwnAnswer"/> into the form that its client asks for: problem details, the operator's page, or a line of text.</summary>
internal sealed class AnswerForm
{
    private const string AnyStatus = "error";

    private readonly Dictionary<string, string> _pages = [];

    /// <summary>Reads the operator's pages.</summary>
    /// <exception cref="InvalidOperationException">They cannot be read.</exception>
    public AnswerForm(IOptions<EdgeOptions> options, IHostEnvironment environment)
    {
        if (options.Value.ErrorPages is { } named)
        {
            var directory = Path.Combine(environment.ContentRootPath, named);
            try
            {
                foreach (var file in Directory.EnumerateFiles(directory, "*.html"))
                {
                    _pages[Path.GetFileNameWithoutExtension(file)] = File.ReadAllText(file);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new InvalidOperationException($"{EdgeOptions.Section}:{nameof(EdgeOptions.ErrorPages)} is '{named}' but cannot be read: {exception.Message}", exception);
            }
        }
    }

    /// <summary>The body's type and text.</summary>
    public (string ContentType, string Text) Write(HttpContext context, OwnAnswer answer)
    {
        foreach (var wanted in Wanted(context.Request))
        {
            if (IsJson(wanted))
            {
                return (MediaTypeNames.Application.ProblemJson, Problem(context, answer));
            }

            if (IsHtml(wanted) && (_pages.GetValueOrDefault($"{answer.Status}") ?? _pages.GetValueOrDefault(AnyStatus)) is { } page)
            {
                return ("text/html; charset=utf-8", Fill(page, context, answer));
            }

            if (wanted.MatchesMediaType(MediaTypeNames.Text.Plain))
            {
                break;
            }
        }

        return ("text/plain; charset=utf-8", answer.Reason + "\n");
    }

    /// <summary>What the client takes, the dearest first; nothing where it does not say, or not in a form that can be read.</summary>
    private static IEnumerable<MediaTypeHeaderValue> Wanted(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList([.. request.Headers.Accept.OfType<string>()], out var accepted)
            ? accepted.Where(type => type.Quality is not 0).OrderByDescending(type => type.Quality ?? 1)
            : [];

    private static bool IsJson(MediaTypeHeaderValue wanted) =>
        !wanted.MatchesAllTypes
        && (wanted.MatchesMediaType(MediaTypeNames.Application.Json) || wanted.MatchesMediaType(MediaTypeNames.Application.ProblemJson) || wanted.Suffix == "json");

    private static bool IsHtml(MediaTypeHeaderValue wanted) => !wanted.MatchesAllTypes && wanted.MatchesMediaType(MediaTypeNames.Text.Html);

    private static string Problem(HttpContext context, OwnAnswer answer)
    {
        // The framework's own title and type for the status.
        var problem = TypedResults.Problem(answer.Reason, statusCode: answer.Status).ProblemDetails;
        problem.Extensions["requestId"] = context.TraceIdentifier;
        return JsonSerializer.Serialize<ProblemDetails>(problem, JsonSerializerOptions.Web);
    }

    private static string Fill(string page, HttpContext context, OwnAnswer answer) => new StringBuilder(page)
        .Replace("{{status}}", $"{answer.Status}")
        .Replace("{{title}}", WebUtility.HtmlEncode(ReasonPhrases.GetReasonPhrase(answer.Status)))
        .Replace("{{reason}}", WebUtility.HtmlEncode(answer.Reason))
        .Replace("{{request}}", WebUtility.HtmlEncode(context.TraceIdentifier))
        .ToString();
}
