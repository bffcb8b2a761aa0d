using LiveCounter;
using LiveCounter.Components;
using Pomegranate.Backend;

var builder = WebApplication.CreateBuilder(args);

// The one Pomegranate line. Where no cluster is configured it is inert and this is a plain Kestrel app.
builder.AddPomegranateBackend();

// Blazor's own script comes from a package, and is beside the app only once it has been published.
builder.WebHost.UseStaticWebAssets();
builder.Services.AddRazorComponents().AddInteractiveServerComponents();

var app = builder.Build();
app.UseAntiforgery();
app.MapStaticAssets();
app.MapCount();
app.MapRazorComponents<App>().AddInteractiveServerRenderMode();
app.Run();
