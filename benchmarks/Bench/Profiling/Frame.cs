using System.Text.RegularExpressions;

namespace Pomegranate.Bench.Profiling;

/// <summary>A frame of a call stack: of which assembly, type and method, where it is managed code.</summary>
internal sealed partial record Frame(string Symbol, string Library, string Assembly, string Type, string Method)
{
    public bool IsKernel => Library == "[kernel.kallsyms]";

    public bool IsManaged => Assembly.Length > 0;

    /// <summary>Short enough for a table.</summary>
    public string Name => IsManaged ? $"{Type}.{Method}" : IsKernel ? $"{Symbol} (kernel)" : $"{(Symbol == "[unknown]" ? "?" : Symbol)} ({Path.GetFileName(Library)})";

    /// <summary>As <c>perf script</c> prints it: address, symbol, library in brackets.</summary>
    public static Frame Parse(string line)
    {
        var text = line.AsSpan().Trim();
        text = text[(text.IndexOf(' ') + 1)..];
        var bracket = text.LastIndexOf(" (");
        var symbol = bracket < 0 ? text.ToString() : text[..bracket].ToString();
        var library = bracket < 0 ? "" : text[(bracket + 2)..].TrimEnd(')').ToString();
        var managed = Managed().Match(symbol);
        return managed.Success
            ? new Frame(symbol, library, managed.Groups[1].Value, Short(managed.Groups[2].Value), managed.Groups[3].Value)
            : new Frame(symbol, library, "", "", "");
    }

    // The runtime's perf map: "instance void [Akka] Akka.Actor.ActorCell::Invoke(...)[OptimizedTier1]". A type in the
    // signature has no space behind its assembly's bracket; the method's own has.
    [GeneratedRegex(@"\[([\w.]+)\] ([^:\s(]+)::([^(]+)\(")]
    private static partial Regex Managed();

    [GeneratedRegex(@"\[.*\]$")]
    private static partial Regex TypeArguments();

    private static string Short(string type) => TypeArguments().Replace(type, "");
}
