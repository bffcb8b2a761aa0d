using System.Globalization;
using Microsoft.Extensions.Options;

namespace Pomegranate.Configuration;

/// <summary>Collects every violated rule of an options class as "key, value, rule".</summary>
internal sealed class OptionRules(string section)
{
    private readonly List<string> _failures = [];

    public ValidateOptionsResult Result => _failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_failures);

    public void Check(bool holds, string key, object? value, string rule)
    {
        if (!holds)
        {
            _failures.Add(string.Create(CultureInfo.InvariantCulture, $"{section}:{key} is '{value}' but {rule}."));
        }
    }

    public void Range<T>(string key, T value, T minimum, T maximum)
        where T : IComparable<T> =>
        Check(
            value.CompareTo(minimum) >= 0 && value.CompareTo(maximum) <= 0,
            key, value, string.Create(CultureInfo.InvariantCulture, $"must be between {minimum} and {maximum}"));
}
