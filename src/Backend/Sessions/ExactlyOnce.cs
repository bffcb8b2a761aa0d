using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// The endpoint's unsafe requests (POST, PUT, PATCH, DELETE and the like) take effect on the session exactly once,
/// whenever their node dies: the outcome is committed along with the session's changes, and whoever asks again is given
/// that outcome.
/// </summary>
/// <remarks>
/// <para>The response is held until it is complete, and then committed with the session. One longer than
/// <see cref="ClusterSessionOptions.MaxOutcomeBytes"/>, or than <c>Pomegranate:Backend:InlineResponseBytes</c>, is not
/// kept: whoever asks again is told (409) that the request has run. A request with such an endpoint begins a session
/// where there is none, and is not cancelled when its client leaves.</para>
/// <para>Code before the end of routing, and what the app does outside the session, may run twice. Where no cluster is
/// configured it does nothing.</para>
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false)]
public sealed class ExactlyOnceAttribute : Attribute;

/// <summary>The same for endpoints that are mapped in code.</summary>
public static class ExactlyOnceEndpointExtensions
{
    /// <summary>Says that the unsafe requests of these endpoints take effect exactly once: see <see cref="ExactlyOnceAttribute"/>.</summary>
    public static TBuilder ExactlyOnce<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new ExactlyOnceAttribute()));
        return builder;
    }

    /// <summary>Whether a request of this method to this endpoint is exactly-once by the app's word.</summary>
    internal static bool IsExactlyOnce(this Endpoint? endpoint, string method) =>
        endpoint?.Metadata.GetMetadata<ExactlyOnceAttribute>() is not null
        && !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method));
}
