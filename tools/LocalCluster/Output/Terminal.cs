using Spectre.Console;

namespace Pomegranate.LocalCluster.Output;

/// <summary>The one place that writes to the terminal: nodes, tables and answers must not tear each other's lines.</summary>
internal static class Terminal
{
    private const int WidthOfPipes = 140;
    private static readonly Lock Lock = new();

    // A pipe has no width; Spectre.Console would assume 80 and break addresses in two.
    static Terminal()
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = WidthOfPipes;
        }
    }

    /// <summary>What LocalCluster itself has to say.</summary>
    public static void Say(string text) => Line("LocalCluster", "bold", text, style: null);

    public static void Fail(string text) => Line("LocalCluster", "bold", text, "red");

    /// <summary>A line with a coloured prefix. The line itself is not wrapped: a log must stay searchable.</summary>
    public static void Line(string prefix, string prefixStyle, string text, string? style)
    {
        lock (Lock)
        {
            AnsiConsole.Markup($"[{prefixStyle}]{Markup.Escape(prefix),-12}[/] [dim]|[/] ");
            if (style is not null && AnsiConsole.Profile.Capabilities.Ansi)
            {
                var color = style == "red" ? "\e[31m" : "\e[33m";
                Console.WriteLine($"{color}{text}\e[0m");
            }
            else
            {
                Console.WriteLine(text);
            }
        }
    }

    public static void Table(Table table)
    {
        lock (Lock)
        {
            AnsiConsole.Write(table);
        }
    }
}
