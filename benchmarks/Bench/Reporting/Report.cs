using System.Text;
using Spectre.Console;

namespace Pomegranate.Bench.Reporting;

/// <summary>Tables, on the terminal as they are made and in a Markdown file.</summary>
internal sealed class Report(string title)
{
    private readonly StringBuilder _markdown = new($"# {title}\n");

    public void Say(string text)
    {
        Console.WriteLine(text);
        _markdown.Append('\n').Append(text).Append('\n');
    }

    public void Table(string heading, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table().Title(Markup.Escape(heading)).Border(TableBorder.Simple);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column)) { Alignment = table.Columns.Count == 0 ? Justify.Left : Justify.Right });
        }

        _markdown.Append($"\n## {heading}\n\n| {string.Join(" | ", columns)} |\n|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (var row in rows)
        {
            table.AddRow([.. row.Select(Markup.Escape)]);
            _markdown.Append($"| {string.Join(" | ", row.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n");
        }

        // A file has no width: lines are not to break where no terminal ends.
        AnsiConsole.Profile.Width = Console.IsOutputRedirected ? 250 : AnsiConsole.Profile.Width;
        AnsiConsole.Write(table);
    }

    public void Save(string path)
    {
        File.WriteAllText(path, _markdown.ToString());
        Console.WriteLine($"Written: {path}");
    }
}
