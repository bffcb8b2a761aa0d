using Microsoft.Extensions.Hosting;
using Pomegranate.Clustering;
using Pomegranate.Management;

// A lighthouse is a member like any other, without HTTP and without sessions: the others join through it, and its
// vote decides between two backends.
var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddManagementEndpoint(builder.Configuration);
builder.Services.AddPomegranateNode(builder.Configuration, NodeRole.Lighthouse);
await builder.Build().RunAsync();
