using Microsoft.AspNetCore.Builder;

namespace Pomegranate.Backend.Sessions;

/// <summary>How parallel requests of one session get at it.</summary>
public enum SessionAccess
{
    /// <summary>
    /// One request at a time, from its first use of the session until its response starts; the others wait in order.
    /// A read-modify-write is never lost. The default.
    /// </summary>
    Exclusive = 0,

    /// <summary>The request sees the session as it is at its first use, waits for nobody, and may not change it.</summary>
    ReadOnly,

    /// <summary>
    /// The request waits for nobody; its changes are merged attribute by attribute. Of two requests that write the
    /// same attribute, the one that commits last wins.
    /// </summary>
    Concurrent,
}

/// <summary>Says how an endpoint (action, page handler, minimal API) uses the session. Without it: exclusively.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false)]
public sealed class SessionAccessAttribute(SessionAccess access) : Attribute
{
    /// <summary>The access.</summary>
    public SessionAccess Access { get; } = access;
}

/// <summary>The same for endpoints that are mapped in code.</summary>
public static class SessionAccessEndpointExtensions
{
    /// <summary>Says how these endpoints use the session.</summary>
    public static TBuilder WithSessionAccess<TBuilder>(this TBuilder builder, SessionAccess access)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new SessionAccessAttribute(access)));
        return builder;
    }
}
