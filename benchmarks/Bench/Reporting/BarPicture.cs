using System.Globalization;
using System.Net;
using System.Text;

namespace Pomegranate.Bench.Reporting;

/// <summary>Panels of horizontal bars as SVG: one bar per system, with a whisker from the least to the most.</summary>
internal sealed class BarPicture(string title)
{
    private const int Width = 900, Label = 120, Bar = 18, Gap = 6;
    private static readonly string[] Colours = ["#b3243b", "#4a6fa5", "#7a9e7e", "#c9a227", "#8a6d9e"];
    private readonly List<(string Heading, string Format, IReadOnlyList<(string Name, Spread Value)> Bars)> _panels = [];

    public void Panel(string heading, string format, IEnumerable<(string Name, Spread Value)> bars) => _panels.Add((heading, format, [.. bars]));

    /// <summary>Panels side by side, two in a row.</summary>
    public void Save(string path)
    {
        var columns = Math.Min(2, _panels.Count);
        var width = Width / columns;
        var height = _panels.Max(p => p.Bars.Count) * (Bar + Gap) + 48;
        var rows = (_panels.Count + columns - 1) / columns;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {(rows * height) + 40}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"12\" y=\"24\" font-size=\"16\" font-weight=\"bold\">{WebUtility.HtmlEncode(title)}</text>\n");
        for (var i = 0; i < _panels.Count; i++)
        {
            Draw(svg, _panels[i], 12 + (i % columns * width), 48 + (i / columns * height), width - 24);
        }

        svg.Append("</svg>\n");
        File.WriteAllText(path, svg.ToString());
    }

    private static void Draw(StringBuilder svg, (string Heading, string Format, IReadOnlyList<(string Name, Spread Value)> Bars) panel, int x, int y, int width)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x}\" y=\"{y + 8}\" font-weight=\"bold\">{WebUtility.HtmlEncode(panel.Heading)}</text>\n");

        // A third of the width is for the number behind the longest bar.
        var scale = (width - Label) * 0.68 / panel.Bars.Max(b => b.Value.Most);
        for (var i = 0; i < panel.Bars.Count; i++)
        {
            var (name, value) = panel.Bars[i];
            var top = y + 18 + (i * (Bar + Gap));
            var middle = top + (Bar / 2);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + Label - 6}\" y=\"{middle + 4}\" text-anchor=\"end\">{WebUtility.HtmlEncode(name)}</text>");
            svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x + Label}\" y=\"{top}\" width=\"{value.Median * scale:0.#}\" height=\"{Bar}\" fill=\"{Colours[i % Colours.Length]}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x + Label + (value.Least * scale):0.#} {middle}H{x + Label + (value.Most * scale):0.#}\" stroke=\"#222\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + Label + (value.Most * scale) + 6:0.#}\" y=\"{middle + 4}\">{value.Median.ToString(panel.Format, CultureInfo.InvariantCulture)}</text>\n");
        }
    }
}
