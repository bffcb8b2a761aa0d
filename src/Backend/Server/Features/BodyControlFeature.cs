using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>Whether the app may block a thread on the bodies; off unless Kestrel's options or the app say otherwise.</summary>
internal sealed class BodyControlFeature(bool initial) : IHttpBodyControlFeature
{
    public bool AllowSynchronousIO { get; set; } = initial;

    public void CheckRead()
    {
        if (!AllowSynchronousIO)
        {
            throw new InvalidOperationException("Synchronous operations are disallowed. Call ReadAsync or set AllowSynchronousIO to true instead.");
        }
    }

    public void CheckWrite()
    {
        if (!AllowSynchronousIO)
        {
            throw new InvalidOperationException("Synchronous operations are disallowed. Call WriteAsync or set AllowSynchronousIO to true instead.");
        }
    }
}
