using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Pomegranate.Frontend.Edge;

/// <summary>Reads <c>Kestrel:Limits</c>: of its section, Kestrel itself reads only endpoints and certificates.</summary>
internal static class KestrelLimits
{
    public const string Section = "Kestrel:Limits";

    /// <exception cref="InvalidOperationException">A key is unknown or its value is out of range.</exception>
    public static void Bind(IConfiguration configuration, KestrelServerOptions kestrel)
    {
        try
        {
            configuration.GetSection(Section).Bind(kestrel.Limits, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or System.Reflection.TargetInvocationException)
        {
            // The binder's own text names the type, not always the key and the rule.
            throw new InvalidOperationException(
                $"{Section} cannot be used: {exception.GetBaseException().Message} Kestrel's documentation lists the limits and their ranges.", exception);
        }
    }
}
