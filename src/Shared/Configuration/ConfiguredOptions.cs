using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Pomegranate.Configuration;

/// <summary>
/// Reads an options class from its section one key at a time, so that a value that cannot be read, or a key that is
/// nobody's, is one more error in the list instead of an exception that hides the others.
/// </summary>
internal sealed class ConfiguredOptions<TOptions>(IConfigurationSection section, IEnumerable<OptionKeys> known) : IConfigureOptions<TOptions>, IValidateOptions<TOptions>
    where TOptions : class
{
    private readonly List<string> _failures = [];

    public void Configure(TOptions options)
    {
        _failures.Clear();
        var mine = OptionKeys.Of<TOptions>(section.Path);
        var all = known.Where(keys => keys.Section == section.Path).SelectMany(keys => keys.Names).Order().ToList();
        foreach (var value in section.GetChildren())
        {
            if (mine.Names.Contains(value.Key, StringComparer.OrdinalIgnoreCase))
            {
                Read(value, options);
            }
            else if (!all.Contains(value.Key, StringComparer.OrdinalIgnoreCase))
            {
                _failures.Add($"{value.Path} is '{value.Value}' but no option has this name. Those of {section.Path} are {string.Join(", ", all)}.");
            }
        }
    }

    public ValidateOptionsResult Validate(string? name, TOptions options) =>
        _failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(_failures);

    private void Read(IConfigurationSection value, TOptions options)
    {
        try
        {
            var alone = value.AsEnumerable().Where(pair => pair.Value is not null)
                .Select(pair => KeyValuePair.Create(pair.Key[(section.Path.Length + 1)..], pair.Value));
            new ConfigurationBuilder().AddInMemoryCollection(alone).Build().Bind(options);
        }
        catch (InvalidOperationException)
        {
            var type = typeof(TOptions).GetProperty(value.Key, BindingFlags.IgnoreCase | BindingFlags.Public | BindingFlags.Instance)!.PropertyType;
            _failures.Add($"{value.Path} is '{value.Value}' but must be {OptionForm.Of(type)}.");
        }
    }
}
