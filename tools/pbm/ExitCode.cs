namespace Pomegranate.Pbm;

/// <summary>What pbm tells the script that called it.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The node answered, but refused or is not ready.</summary>
    public const int Refused = 1;

    /// <summary>The command line makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>No node answered in time.</summary>
    public const int Unreachable = 3;
}
