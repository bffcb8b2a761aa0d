using Spectre.Console;

namespace Pomegranate.Pbm;

/// <summary>What pbm reads and writes. Colour only where a person looks: redirected output is plain, whole lines.</summary>
internal sealed record PbmConsole(TextReader In, TextWriter Out, TextWriter Error, bool IsInputRedirected, bool IsOutputRedirected)
{
    private IAnsiConsole? _ansi;

    /// <summary>An environment variable, or null.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    public static PbmConsole OfProcess() =>
        new(Console.In, Console.Out, Console.Error, Console.IsInputRedirected, Console.IsOutputRedirected);

    public void WriteLine(string line) => Out.WriteLine(line);

    /// <summary>Writes a line of which one part has a colour on a terminal.</summary>
    public void WriteLine(string before, string part, string colour, string after)
    {
        if (IsOutputRedirected)
        {
            Out.WriteLine(before + part + after);
            return;
        }

        // Made at need: a health check must not pay for looking at the terminal.
        _ansi ??= AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Out) });
        _ansi.Profile.Width = int.MaxValue;
        _ansi.MarkupLine($"{Markup.Escape(before)}[{colour}]{Markup.Escape(part)}[/]{Markup.Escape(after)}");
    }
}
