using System.Diagnostics;
using Pomegranate.Gateway;

namespace Pomegranate.Backend.Sessions.Turns;

/// <summary>
/// Tells whether one request has caused another: a call to its own site, for which <c>HttpClient</c> hands on the trace
/// context (W3C). A trace that a request has begun itself is known only to what it has caused. One that its client has begun
/// may be that of all the client's requests; so what such a request causes gets a mark of ours in <c>tracestate</c>.
/// </summary>
/// <param name="Begun">The trace that the request has begun; null where its client has, or there is none.</param>
/// <param name="Mark">The request's own mark; null where it has begun its trace.</param>
/// <param name="Trace">The trace that it came with.</param>
/// <param name="Marks">The marks that it came with.</param>
internal readonly record struct RequestCause(string? Begun, string? Mark, string? Trace, string? Marks)
{
    /// <summary>Ours among the entries of <c>tracestate</c>.</summary>
    private const string Vendor = "pomegranate";

    /// <summary>The specification's limit for the value of an entry.</summary>
    private const int MostMarks = 256;

    /// <param name="traceParent">The request's header.</param>
    /// <param name="traceState">The request's header.</param>
    /// <param name="current">The request's own activity, where the app has tracing or logging. It gets the mark, which is handed on from there.</param>
    /// <param name="request">Of which the mark is made.</param>
    public static RequestCause Of(string? traceParent, string? traceState, Activity? current, RequestId request)
    {
        if (TraceOf(traceParent) is not { } trace)
        {
            return new(current is { IdFormat: ActivityIdFormat.W3C } ? current.TraceId.ToHexString() : null, null, null, null);
        }

        var mark = $"{request.Frontend:x}x{request.Number:x}";
        while (current?.Parent is { } parent)
        {
            current = parent;
        }

        current?.TraceStateString = Marked(traceState, mark);
        return new(null, mark, trace, MarksOf(traceState));
    }

    public bool HasCaused(RequestCause other) =>
        (Begun is not null && Begun == other.Trace)
        || (Mark is { Length: > 0 } && other.Marks is { } marks && marks.Split('-').Contains(Mark));

    /// <summary>A <c>tracestate</c> with a mark added.</summary>
    /// <param name="mark">Lower-case letters and digits.</param>
    public static string Marked(string? traceState, string mark)
    {
        var marks = MarksOf(traceState);
        var ours = marks is null || marks.Length + 1 + mark.Length > MostMarks ? mark : $"{marks}-{mark}";
        var others = (traceState ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(entry => !entry.StartsWith(Vendor + "=", StringComparison.Ordinal));

        // Who changes its entry moves it to the front.
        return string.Join(',', [$"{Vendor}={ours}", .. others]);
    }

    private static string? TraceOf(string? traceParent) =>
        traceParent is not null && ActivityContext.TryParse(traceParent, null, out var context) ? context.TraceId.ToHexString() : null;

    private static string? MarksOf(string? traceState)
    {
        foreach (var entry in (traceState ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            if (entry.StartsWith(Vendor + "=", StringComparison.Ordinal) && entry.Length > Vendor.Length + 1)
            {
                return entry[(Vendor.Length + 1)..];
            }
        }

        return null;
    }
}
