using System.Globalization;

namespace Pomegranate.Clustering;

/// <summary>
/// How long the head of a request may be, as an app has told its Kestrel. A backend tells the frontends as one of its cluster
/// roles, <c>limits-LINE-TOTAL-COUNT-FIELD</c>, as <see cref="BackendWeight"/> does and for its reasons; without the role they
/// are Kestrel's own.
/// </summary>
/// <param name="Line">Bytes of the request line.</param>
/// <param name="Total">Bytes of all headers.</param>
/// <param name="Count">Headers.</param>
/// <param name="Field">Bytes of one header over HTTP/2.</param>
internal readonly record struct RequestHeadLimits(int Line, int Total, int Count, int Field)
{
    private const string Prefix = "limits-";

    /// <summary>Kestrel's, where an app says nothing.</summary>
    public static readonly RequestHeadLimits Usual = new(8 * 1024, 32 * 1024, 100, 32 * 1024);

    /// <summary>None where there is nothing to say.</summary>
    public IEnumerable<string> Roles => this == Usual ? [] : [string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Line}-{Total}-{Count}-{Field}")];

    public static RequestHeadLimits Of(IEnumerable<string> roles)
    {
        foreach (var role in roles)
        {
            if (role.StartsWith(Prefix, StringComparison.Ordinal)
                && role[Prefix.Length..].Split('-') is [var line, var total, var count, var field]
                && IsNumber(line, out var l) && IsNumber(total, out var t) && IsNumber(count, out var c) && IsNumber(field, out var f))
            {
                return new(l, t, c, f);
            }
        }

        return Usual;
    }

    /// <summary>The larger of each.</summary>
    public RequestHeadLimits Or(RequestHeadLimits other) =>
        new(Math.Max(Line, other.Line), Math.Max(Total, other.Total), Math.Max(Count, other.Count), Math.Max(Field, other.Field));

    /// <summary>The smaller of each.</summary>
    public RequestHeadLimits Within(RequestHeadLimits most) =>
        new(Math.Min(Line, most.Line), Math.Min(Total, most.Total), Math.Min(Count, most.Count), Math.Min(Field, most.Field));

    private static bool IsNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;
}
