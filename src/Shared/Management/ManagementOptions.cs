namespace Pomegranate.Management;

/// <summary>Where a node's management endpoint listens. Section <c>Pomegranate:Management</c>; read once, at start.</summary>
public sealed class ManagementOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pomegranate:Management";

    /// <summary>
    /// The address to listen on. Default <c>127.0.0.1</c>: the endpoint can down nodes and has no authentication,
    /// so open it only to a network you trust.
    /// </summary>
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>The TCP port; 0 lets the system choose. Default 9110.</summary>
    public int Port { get; set; } = 9110;
}
