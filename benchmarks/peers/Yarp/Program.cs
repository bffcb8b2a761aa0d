using Microsoft.AspNetCore.DataProtection;
using Yarp.ReverseProxy.Configuration;

// The peers' proxy: YARP as it comes, with cookie affinity.
//   ASPNETCORE_URLS  where it listens
//   Destinations     base URLs of the app's instances, separated by commas
//   Keys             a directory for the data protection keys of the affinity cookie
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
builder.Services.AddDataProtection().SetApplicationName("peer-yarp").PersistKeysToFileSystem(new DirectoryInfo(builder.Configuration["Keys"] ?? "keys"));
var destinations = (builder.Configuration["Destinations"] ?? throw new InvalidOperationException("Destinations must name the app's base URLs."))
    .Split(',')
    .Select((address, index) => KeyValuePair.Create($"app{index + 1}", new DestinationConfig { Address = address }));
var cluster = new ClusterConfig
{
    ClusterId = "app",
    Destinations = new Dictionary<string, DestinationConfig>(destinations),
    SessionAffinity = new SessionAffinityConfig { Enabled = true, Policy = "HashCookie", FailurePolicy = "Redistribute", AffinityKeyName = ".Peer.Affinity" },
};
builder.Services.AddReverseProxy().LoadFromMemory([new RouteConfig { RouteId = "all", ClusterId = "app", Match = new RouteMatch { Path = "{**path}" } }], [cluster]);

var app = builder.Build();
app.MapReverseProxy();
app.Run();
