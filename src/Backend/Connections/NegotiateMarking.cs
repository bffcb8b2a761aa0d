using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Akka.Actor;
using Akka.Cluster;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Pomegranate.Gateway;

namespace Pomegranate.Backend.Connections;

/// <summary>
/// Marks what a negotiate hands out with this node (<see cref="NodeMark"/>), so that the connection's requests find the
/// process in which it lives: SignalR's hubs, Blazor's, and connection handlers, with no change to the app.
/// </summary>
/// <remarks>
/// A policy of the framework's own routing, because that alone tells a negotiate's endpoint, by its metadata, and can put
/// another in its place: nearer to it than any of the app's middleware, which may compress or buffer the answer.
/// </remarks>
internal sealed class NegotiateMarking(Func<ActorSystem> system) : MatcherPolicy, IEndpointSelectorPolicy
{
    private static readonly JsonSerializerOptions s_asWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConditionalWeakTable<RouteEndpoint, RouteEndpoint> _marking = [];

    /// <summary>After all that choose between endpoints.</summary>
    public override int Order => int.MaxValue;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(IsNegotiate);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && candidates[i].Endpoint is RouteEndpoint endpoint && IsNegotiate(endpoint))
            {
                candidates.ReplaceEndpoint(i, _marking.GetValue(endpoint, Marking), candidates[i].Values);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>The answer with the mark, of either version of the protocol; null where it hands nothing out.</summary>
    internal static byte[]? Mark(ReadOnlySpan<byte> answer, int incarnation)
    {
        try
        {
            // Version 0 has no token: there the connection's id is what comes back.
            if (JsonNode.Parse(answer) is JsonObject negotiated
                && (negotiated.ContainsKey("connectionToken") ? "connectionToken" : "connectionId") is var key
                && negotiated[key] is JsonValue value && value.TryGetValue(out string? token) && token.Length > 0)
            {
                negotiated[key] = NodeMark.Add(token, incarnation);
                return JsonSerializer.SerializeToUtf8Bytes(negotiated, s_asWritten);
            }
        }
        catch (JsonException)
        {
            // The app's own answer, whatever it is.
        }

        return null;
    }

    private static bool IsNegotiate(Endpoint endpoint) => endpoint.Metadata.GetMetadata<NegotiateMetadata>() is not null;

    private RouteEndpoint Marking(RouteEndpoint endpoint) =>
        new(context => RunAsync(endpoint, context), endpoint.RoutePattern, endpoint.Order, endpoint.Metadata, endpoint.DisplayName);

    private async Task RunAsync(RouteEndpoint endpoint, HttpContext context)
    {
        var client = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var answer = new MemoryStream();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(answer, client));
        try
        {
            await endpoint.RequestDelegate!(context);
            await context.Response.BodyWriter.FlushAsync();
        }
        finally
        {
            context.Features.Set(client);
        }

        var bytes = answer.ToArray();
        if (context.Response.StatusCode == StatusCodes.Status200OK && Mark(bytes, Cluster.Get(system()).SelfUniqueAddress.Uid) is { } marked)
        {
            bytes = marked;
            if (context.Response.ContentLength is not null)
            {
                context.Response.ContentLength = bytes.Length;
            }
        }

        if (bytes.Length > 0)
        {
            await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }
}
