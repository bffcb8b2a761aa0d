namespace Pomegranate.Management;

/// <summary>A request the endpoint does not grant: a status code, and a text with the value, the rule and the remedy.</summary>
internal sealed class RefusedException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}
