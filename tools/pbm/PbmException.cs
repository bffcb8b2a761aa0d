namespace Pomegranate.Pbm;

/// <summary>A command that ends here: what to print on standard error, and the exit code.</summary>
internal sealed class PbmException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
