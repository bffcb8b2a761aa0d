using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Pomegranate.Backend.Sessions;

/// <summary>
/// The endpoint's POST and PATCH requests that bring an <c>Idempotency-Key</c> are exactly-once, as with
/// <see cref="ExactlyOnceAttribute"/>: who sends the key again is given the recorded answer. Without it, and without
/// <see cref="ClusterSessionOptions.IdempotencyKeys"/>, the header means what the app makes of it.
/// </summary>
/// <remarks>Where no cluster is configured it does nothing.</remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false)]
public sealed class IdempotentByKeyAttribute : Attribute;

/// <summary>The same for endpoints that are mapped in code.</summary>
public static class IdempotentByKeyEndpointExtensions
{
    /// <summary>Says that these endpoints heed an <c>Idempotency-Key</c>: see <see cref="IdempotentByKeyAttribute"/>.</summary>
    public static TBuilder IdempotentByKey<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new IdempotentByKeyAttribute()));
        return builder;
    }

    internal static bool HeedsKeys(this Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<IdempotentByKeyAttribute>() is not null;
}

/// <summary>Whether any of an app's endpoints heeds keys: before routing nobody knows which one a request has. Thread-safe.</summary>
internal sealed class KeyedEndpoints(EndpointDataSource? app)
{
    private volatile Looked? _last;

    public bool Any
    {
        get
        {
            if (app?.Endpoints is not { } endpoints)
            {
                return false;
            }

            // The same list until they change.
            if (_last is not { } last || !ReferenceEquals(last.At, endpoints))
            {
                _last = last = new Looked(endpoints, endpoints.Any(endpoint => endpoint.HeedsKeys()));
            }

            return last.Found;
        }
    }

    private sealed record Looked(IReadOnlyList<Endpoint> At, bool Found);
}
