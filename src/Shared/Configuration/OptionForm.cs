namespace Pomegranate.Configuration;

/// <summary>What a value of a type looks like in a configuration file.</summary>
internal static class OptionForm
{
    public static string Of(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        { IsEnum: true } names => "one of " + string.Join(", ", Enum.GetNames(names)),
        var t when t == typeof(TimeSpan) => "a time as [days.]hours:minutes:seconds, for example 00:00:10",
        var t when t == typeof(bool) => "true or false",
        var t when t == typeof(int) || t == typeof(long) => "a whole number",
        var t when t == typeof(double) => "a number",
        var t => $"a {t.Name}",
    };
}
