using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// The endpoint's requests are never run a second time, whatever their method. Without it a GET, HEAD, OPTIONS, TRACE, PUT or
/// DELETE whose node died is sent again, as RFC 9110 section 9.2.2 allows. For GETs that use something up: a one-time token, a code
/// of a sign-in. If its node dies meanwhile the client is told (503) that the request may have run.
/// </summary>
/// <remarks>
/// What middleware answers has no endpoint: name its paths in <see cref="ClusterSessionOptions.NeverRepeatPaths"/>. Where no cluster
/// is configured it does nothing.
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false)]
public sealed class NeverRepeatAttribute : Attribute;

/// <summary>The same for endpoints that are mapped in code.</summary>
public static class NeverRepeatEndpointExtensions
{
    /// <summary>Says that requests of these endpoints are never run a second time: see <see cref="NeverRepeatAttribute"/>.</summary>
    public static TBuilder NeverRepeat<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new NeverRepeatAttribute()));
        return builder;
    }

    internal static bool IsNeverRepeated(this Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<NeverRepeatAttribute>() is not null;
}
