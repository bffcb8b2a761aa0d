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
            var limits = configuration.GetSection(Section);
            limits.Bind(kestrel.Limits, binder => binder.ErrorOnUnknownConfiguration = true);
            kestrel.Limits.MinRequestBodyDataRate = Rate(limits.GetSection(nameof(kestrel.Limits.MinRequestBodyDataRate)), kestrel.Limits.MinRequestBodyDataRate);
            kestrel.Limits.MinResponseDataRate = Rate(limits.GetSection(nameof(kestrel.Limits.MinResponseDataRate)), kestrel.Limits.MinResponseDataRate);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or System.Reflection.TargetInvocationException)
        {
            // The binder's own text names the type, not always the key and the rule.
            throw new InvalidOperationException(
                $"{Section} cannot be used: {exception.GetBaseException().Message} Kestrel's documentation lists the limits and their ranges.", exception);
        }
    }

    /// <summary>The binder cannot make one, as it has no setters. 0 bytes a second mean no limit.</summary>
    private static MinDataRate? Rate(IConfigurationSection section, MinDataRate? fallback)
    {
        var bytes = section.GetValue(nameof(MinDataRate.BytesPerSecond), fallback?.BytesPerSecond ?? 0);
        var grace = section.GetValue(nameof(MinDataRate.GracePeriod), fallback?.GracePeriod ?? TimeSpan.FromSeconds(5));
        try
        {
            return bytes == 0 ? null : new MinDataRate(bytes, grace);
        }
        catch (ArgumentOutOfRangeException exception)
        {
            // Kestrel's text does not say which of the two rates it is.
            throw new InvalidOperationException($"{section.Path}: {exception.Message}");
        }
    }
}
