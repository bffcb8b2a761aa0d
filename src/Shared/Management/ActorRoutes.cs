using System.Globalization;
using Akka.Actor;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Pomegranate.Management;

/// <summary><c>/actors</c>: the actors of this node below its two guardians.</summary>
internal static class ActorRoutes
{
    private const int DefaultDepth = 4;

    private const int MaxDepth = 16;

    /// <summary>A backend may have an actor for each of 100,000 sessions: the answer says when it stopped short.</summary>
    private const int MaxActors = 2000;

    public static void Map(IEndpointRouteBuilder routes, ManagedNode node) =>
        routes.MapGet("/actors", (string? depth) => Results.Json(Walk((ExtendedActorSystem)node.System, Depth(depth))));

    private static int Depth(string? text) => text switch
    {
        null or "" => DefaultDepth,
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var depth) && depth is >= 1 and <= MaxDepth => depth,
        _ => throw new RefusedException(
            StatusCodes.Status400BadRequest,
            $"The depth is '{text}', but must be a number from 1 to {MaxDepth}; without it, it is {DefaultDepth}."),
    };

    // Breadth first, so that what is cut off at the limit is the leaves and not a whole branch.
    private static object Walk(ExtendedActorSystem system, int depth)
    {
        var roots = new List<ActorBody>();
        var queue = new Queue<(ActorBody Body, IActorRef Actor, int Level)>();
        foreach (var guardian in (IActorRef[])[system.Guardian, system.SystemGuardian])
        {
            var body = Describe(guardian);
            roots.Add(body);
            queue.Enqueue((body, guardian, 1));
        }

        var count = roots.Count;
        var truncated = false;
        while (queue.TryDequeue(out var parent))
        {
            if (parent.Level == depth || parent.Actor is not ActorRefWithCell cell)
            {
                continue;
            }

            foreach (var child in cell.Children)
            {
                if (count == MaxActors)
                {
                    truncated = true;
                    break;
                }

                count++;
                var body = Describe(child);
                parent.Body.Children.Add(body);
                queue.Enqueue((body, child, parent.Level + 1));
            }
        }

        return new { count, truncated, actors = roots };
    }

    private static ActorBody Describe(IActorRef actor) => new(
        actor.Path.ToString(),
        (actor as ActorRefWithCell)?.Underlying.Props?.Type?.Name,
        (actor as ActorRefWithCell)?.Underlying.NumberOfMessages ?? 0,
        []);

    private sealed record ActorBody(string Path, string? Type, int Mailbox, List<ActorBody> Children);
}
