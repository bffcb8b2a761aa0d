using Akka.Actor;
using Akka.Cluster;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Pomegranate.Management;

/// <summary><c>/cluster/members</c>: see them, join, leave, down.</summary>
internal static class MemberRoutes
{
    public static void Map(IEndpointRouteBuilder routes, ManagedNode node, ILogger log)
    {
        // A handler of HttpContext alone would bind as a RequestDelegate, whose result is dropped: hence the tokens.
        // Catch-all, because many clients unescape the slashes of akka.tcp:// on the way.
        const string OneMember = "/cluster/members/{**address}";

        routes.MapGet("/cluster/members", () => Results.Json(MemberJson.Describe(node.Cluster)));
        routes.MapPost("/cluster/members", async (HttpContext context, CancellationToken _) =>
            Join(context, node.Cluster, await MemberForm.ReadAsync(context, MemberForm.Address), log));
        routes.MapPut("/cluster/members", async (HttpContext context, CancellationToken _) =>
            DownUnreachable(context, node.Cluster, await MemberForm.ReadAsync(context, MemberForm.Operation), log));
        routes.MapGet(OneMember, (string address) => Results.Json(MemberJson.Describe(Find(node.Cluster, address))));
        routes.MapDelete(OneMember, (string address, HttpContext context) => Leave(context, node.Cluster, address, log));
        routes.MapPut(OneMember, async (string address, HttpContext context) =>
            await MemberForm.ReadAsync(context, MemberForm.Operation) switch
            {
                var leave when leave.Equals("Leave", StringComparison.OrdinalIgnoreCase) => Leave(context, node.Cluster, address, log),
                var down when down.Equals("Down", StringComparison.OrdinalIgnoreCase) => Down(context, node.Cluster, address, log),
                var other => throw MemberForm.Unknown(other, "Leave or Down"),
            });
    }

    private static IResult Join(HttpContext context, Cluster cluster, string text, ILogger log)
    {
        var address = MemberAddress.Parse(text, cluster.SelfAddress);
        if (cluster.State.Members.Count > 0)
        {
            // Akka would only log that it ignores this.
            throw new RefusedException(
                StatusCodes.Status409Conflict,
                $"{cluster.SelfAddress} is already a member of a cluster of {cluster.State.Members.Count}, and a member cannot join another. Restart the node with other seeds.");
        }

        Audit(context, log, "Join", address);
        cluster.Join(address);
        return Accepted($"{cluster.SelfAddress} is joining {address}.");
    }

    private static IResult Leave(HttpContext context, Cluster cluster, string text, ILogger log)
    {
        var address = Find(cluster, text).Address;
        Audit(context, log, "Leave", address);
        cluster.Leave(address);
        return Accepted($"{address} is leaving.");
    }

    private static IResult Down(HttpContext context, Cluster cluster, string text, ILogger log)
    {
        var address = Find(cluster, text).Address;
        Audit(context, log, "Down", address);
        cluster.Down(address);
        return Accepted($"{address} is going down.");
    }

    private static IResult DownUnreachable(HttpContext context, Cluster cluster, string operation, ILogger log)
    {
        if (!operation.Equals("DownUnreachable", StringComparison.OrdinalIgnoreCase))
        {
            throw MemberForm.Unknown(operation, "DownUnreachable");
        }

        var addresses = cluster.State.Unreachable.Select(member => member.Address).ToList();
        foreach (var address in addresses)
        {
            Audit(context, log, "Down", address);
            cluster.Down(address);
        }

        return Accepted(addresses.Count == 0
            ? "No member is unreachable: nothing to down."
            : $"Going down: {string.Join(", ", addresses)}.");
    }

    private static Member Find(Cluster cluster, string text)
    {
        // Kestrel leaves an escaped slash escaped.
        var address = MemberAddress.Parse(Uri.UnescapeDataString(text), cluster.SelfAddress);
        return cluster.State.Members.FirstOrDefault(member => member.Address.Equals(address)) ?? throw new RefusedException(
            StatusCodes.Status404NotFound,
            $"{address} is not a member of the cluster that {cluster.SelfAddress} sees. /cluster/members lists the members.");
    }

    private static void Audit(HttpContext context, ILogger log, string operation, Address target) =>
        log.OperatorAsked(context.Connection.RemoteIpAddress?.ToString(), operation, target.ToString());

    // What was asked has begun; /cluster/members shows how far it is.
    private static IResult Accepted(string message) => Results.Json(new { message });
}
