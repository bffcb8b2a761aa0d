using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Pomegranate.Sessions;

namespace Pomegranate.Management;

/// <summary><c>/sessions</c>: what a backend knows of them.</summary>
internal static class SessionRoutes
{
    public static void Map(IEndpointRouteBuilder routes, ManagedNode node)
    {
        routes.MapGet("/sessions", async (CancellationToken aborted) =>
            Results.Json(new { node = node.Name, count = await Inspector(node).CountAsync(aborted) }));
        routes.MapGet("/sessions/{id}", async (string id, CancellationToken aborted) =>
        {
            var inspector = Inspector(node);
            if (!SessionId.TryParse(id, out var session))
            {
                throw new RefusedException(
                    StatusCodes.Status400BadRequest,
                    $"'{id}' is not a session id: it must be {SessionId.TextLength} characters of base64url. Copy it from the session cookie.");
            }

            return Results.Json(await inspector.FindAsync(session, aborted) ?? throw new RefusedException(
                StatusCodes.Status404NotFound,
                $"No session has the id '{id}': it never existed here, has expired or was abandoned."));
        });
    }

    private static ISessionInspector Inspector(ManagedNode node) => node.Services.GetService<ISessionInspector>()
        ?? throw new RefusedException(
            StatusCodes.Status404NotFound,
            $"Node '{node.Name}' keeps no sessions. Ask a backend; /cluster/members shows the nodes and their roles.");
}
