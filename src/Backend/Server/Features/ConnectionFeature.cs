using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>The client's connection to the frontend.</summary>
internal sealed class ConnectionFeature(Http.WebRequest request, string connectionId) : IHttpConnectionFeature
{
    public string ConnectionId { get; set; } = connectionId;

    public IPAddress? RemoteIpAddress { get; set; } = request.Client?.Address;

    public int RemotePort { get; set; } = request.Client?.Port ?? 0;

    public IPAddress? LocalIpAddress { get; set; } = request.Local?.Address;

    public int LocalPort { get; set; } = request.Local?.Port ?? 0;
}
