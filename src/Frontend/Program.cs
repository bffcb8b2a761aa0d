using Pomegranate.Clustering;
using Pomegranate.Frontend.Hosting;

// A frontend: takes HTTP, finds the session's home through cluster sharding, and lets it answer.
// Follow a request: Hosting/FrontendSetup.cs -> Http/ClusterHandler.cs -> Gateway/RequestRouter.cs.
var builder = WebApplication.CreateBuilder(args);
builder.AddFrontend();
var app = builder.Build();
app.MapFrontend();
await app.RunNodeAsync();
