namespace Pomegranate.Configuration;

/// <summary>Which keys an options class reads from a section: several classes may share one.</summary>
internal sealed record OptionKeys(string Section, IReadOnlyList<string> Names)
{
    public static OptionKeys Of<TOptions>(string section) =>
        new(section, [.. typeof(TOptions).GetProperties().Where(p => p.CanWrite || p.PropertyType.IsGenericType).Select(p => p.Name)]);
}
