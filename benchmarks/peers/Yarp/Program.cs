using Microsoft.AspNetCore.DataProtection;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;

// The peers' proxy: YARP as it comes, with cookie affinity; or tuned for faults.
//   ASPNETCORE_URLS  where it listens
//   Destinations     base URLs of the app's instances, separated by commas
//   Keys             a directory for the data protection keys of the affinity cookie
//   Tuned            true: active health checks every second (1 s for the answer, 2 failures), passive ones (back after 2 s),
//                    3 s for an answer, 1 s to connect. Without it there are no checks, and an answer may take 100 s.
var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
builder.Services.AddDataProtection().SetApplicationName("peer-yarp").PersistKeysToFileSystem(new DirectoryInfo(builder.Configuration["Keys"] ?? "keys"));
var tuned = builder.Configuration.GetValue<bool>("Tuned");
var destinations = (builder.Configuration["Destinations"] ?? throw new InvalidOperationException("Destinations must name the app's base URLs."))
    .Split(',')
    .Select((address, index) => KeyValuePair.Create($"app{index + 1}", new DestinationConfig { Address = address }));
var cluster = new ClusterConfig
{
    ClusterId = "app",
    Destinations = new Dictionary<string, DestinationConfig>(destinations),
    SessionAffinity = new SessionAffinityConfig { Enabled = true, Policy = "HashCookie", FailurePolicy = "Redistribute", AffinityKeyName = ".Peer.Affinity" },
    HealthCheck = !tuned ? null : new HealthCheckConfig
    {
        Passive = new PassiveHealthCheckConfig { Enabled = true, Policy = HealthCheckConstants.PassivePolicy.TransportFailureRate, ReactivationPeriod = TimeSpan.FromSeconds(2) },
        Active = new ActiveHealthCheckConfig
        {
            Enabled = true, Policy = HealthCheckConstants.ActivePolicy.ConsecutiveFailures, Path = "/plain", Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromSeconds(1),
        },
    },
    Metadata = !tuned ? null : new Dictionary<string, string> { ["ConsecutiveFailuresHealthPolicy.Threshold"] = "2" },
    HttpRequest = !tuned ? null : new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromSeconds(3) },
};
var proxy = builder.Services.AddReverseProxy().LoadFromMemory([new RouteConfig { RouteId = "all", ClusterId = "app", Match = new RouteMatch { Path = "{**path}" } }], [cluster]);
if (tuned)
{
    proxy.ConfigureHttpClient((_, handler) => handler.ConnectTimeout = TimeSpan.FromSeconds(1));
}

var app = builder.Build();
app.MapReverseProxy();
app.Run();
